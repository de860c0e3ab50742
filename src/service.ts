import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { buildApp } from './app.ts';
import { Activation, type ActivationEvent } from './catalog/activation.ts';
import { type DevelopmentChoice, provideDevelopmentRedis } from './catalog/development-redis.ts';
import { detectNetwork, type Network } from './catalog/network.ts';
import { createParser } from './catalog/parser.ts';
import { readSources, type SourceSettings } from './catalog/sources.ts';
import { Watcher } from './catalog/watcher.ts';
import type { Finding } from './core/finding.ts';
import { describeOrigin } from './core/origin.ts';
import { createCatalogState } from './health/catalog-state.ts';
import type { StateChange } from './health/monitor.ts';
import { createHealthReporter } from './health/report.ts';
import { Supervision } from './health/supervision.ts';
import { unwatchedIn } from './health/unwatched.ts';
import { chooseListener } from './http/listener.ts';
import { createMetrics } from './metrics.ts';
import { climb } from './redis/ladder.ts';
import type { Settings } from './settings.ts';

export interface ServiceOptions {
  readonly settings: Settings;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly directory: string;
  readonly logger: Logger;
  /** The thread that parses large catalogs. */
  readonly parserWorker: URL;
}

/** A running service. */
export interface Service extends AsyncDisposable {
  readonly app: FastifyInstance;
  readonly url: string;
  /** From now on `/health/ready` says no. */
  drain(): void;
}

export type StartedService =
  | { readonly ok: true; readonly service: Service }
  | { readonly ok: false; readonly reasons: readonly Finding[] };

/**
 * Starts everything, in this order: declarations, the first revision, the listener, supervision, watching for changes.
 * In staging and production a first configuration that is refused ends the start; elsewhere the service comes up,
 * says what is wrong, and takes the mended catalog when it appears.
 */
export async function startService(options: ServiceOptions): Promise<StartedService> {
  const { settings, variables, logger } = options;
  await using started = new AsyncDisposableStack();
  const network = detectNetwork(settings.BEACON_NETWORK, variables);
  const parser = createParser(options.parserWorker);
  const sourceSettings = {
    environment: settings.environment,
    directory: options.directory,
    catalog: settings.BEACON_CATALOG ?? null,
    variables,
  };
  const sources = await readSources(sourceSettings, parser.parse, new Date().toISOString());
  const development = await provideDevelopmentRedis(settings, network, sources, (line) => logger.info(line));
  if (development.started !== null) started.use(development.started);
  logDevelopment(development, logger);

  const supervision = started.use(superviseWith(settings, logger));
  const activation = started.use(
    createActivation(options, network, sourceSettings, parser.parse, development, (event) => {
      if (event.type === 'activated') supervision.follow(event.revision);
      logActivation(event, logger);
    }),
  );
  const outcome = await activation.propose(sources);
  const strict = settings.environment.name === 'staging' || settings.environment.name === 'production';
  if (outcome === 'refused' && strict) return { ok: false, reasons: activation.refusal?.reasons ?? [] };

  let draining = false;
  const listener = chooseListener(settings, network);
  const catalogState = createCatalogState(activation);
  const monitors = () => supervision.monitors;
  const app = await buildApp({
    logger,
    loopbackHostsOnly: listener.loopbackHostsOnly,
    docs: !strict,
    dependencies: {
      activation,
      environment: settings.environment,
      network,
      listenerIsPrivate: listener.isPrivate,
      isDraining: () => draining,
      metrics: createMetrics({ activation, monitors }),
      health: createHealthReporter({
        monitors,
        unwatched: () => unwatchedIn(activation.active),
        deadlineMs: settings.BEACON_HEALTH_DEADLINE_MS,
        header: () => ({
          environment: settings.environment.name,
          revision: activation.active?.number ?? null,
          catalog: catalogState(),
        }),
      }),
    },
  });
  const url = await app.listen({ host: listener.host, port: listener.port, listenTextResolver: (address) => address });
  started.defer(() => app.close());
  parser.serveRequests();
  started.use(
    new Watcher({ activation, pollMs: settings.BEACON_POLL_MS, settleMs: settings.BEACON_SETTLE_MS }, sources),
  );
  started.defer(() => activation.end()); // first of all: nobody waits for the proof of what nobody will see
  const running = started.move();
  const service: Service = {
    app,
    url,
    drain: () => {
      draining = true;
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
  return { ok: true, service };
}

function superviseWith(settings: Settings, logger: Logger): Supervision {
  return new Supervision({
    deadlineMs: settings.BEACON_HEALTH_DEADLINE_MS,
    diagnose: climb,
    onStateChange: (change) => logStateChange(change, logger),
  });
}

function createActivation(
  { settings }: ServiceOptions,
  network: Network,
  sourceSettings: SourceSettings,
  parse: ReturnType<typeof createParser>['parse'],
  development: DevelopmentChoice,
  onEvent: (event: ActivationEvent) => void,
): Activation {
  return new Activation({
    settings: sourceSettings,
    surroundings: {
      environment: settings.environment,
      network,
      embedded: development.started?.address ?? null,
      services: settings.BEACON_SERVICES ?? null,
      access: { callers: settings.BEACON_CALLERS ?? {}, waive: settings.BEACON_ACCESS_WAIVE ?? null },
    },
    parse,
    preflightDeadlineMs: settings.BEACON_PREFLIGHT_DEADLINE_MS,
    now: () => new Date(),
    onEvent,
  });
}

function logDevelopment(choice: DevelopmentChoice, logger: Logger): void {
  if (choice.started !== null)
    logger.info(
      { ...choice.started.address, pid: choice.started.pid },
      'started a Redis of its own for development: it ends with this process and keeps nothing',
    );
  else if (choice.because === 'listening')
    logger.info(
      { address: choice.address },
      'something listens on the default address: it is used, no Redis is started',
    );
}

function logActivation(event: ActivationEvent, logger: Logger): void {
  if (event.type === 'activated') {
    const { number, services, deployments, preflight, findings } = event.revision;
    const proof = Object.fromEntries([...preflight].map(([name, { status, fault }]) => [name, fault?.code ?? status]));
    const facts = {
      revision: number,
      services: services.size,
      deployments: deployments.size,
      preflight: proof,
      changes: event.entry.changesTotal,
    };
    logger.info(facts, 'configuration active');
    if (event.entry.cause !== 'preflight') logFindings(findings, logger);
  } else if (event.type === 'refused') {
    const { kept, refusal } = event;
    logger.error(
      { keptRevision: kept, reasons: refusal.reasons.map(describeFinding) },
      kept === null
        ? 'configuration refused: nothing is active'
        : 'configuration refused: the last good revision stays',
    );
  } else {
    const faults = event.waiting.faults.map(([deployment, { code, cause, fix }]) => ({ deployment, code, cause, fix }));
    logger.warn({ faults }, 'configuration waits for Redis to be proven');
  }
}

const FINDINGS_LOGGED_MAX = 20;

function logFindings(findings: readonly Finding[], logger: Logger): void {
  const worth = findings.filter(({ severity }) => severity === 'warning');
  for (const finding of worth.slice(0, FINDINGS_LOGGED_MAX)) logger.warn(describeFinding(finding), 'finding');
  if (worth.length > FINDINGS_LOGGED_MAX)
    logger.warn({ more: worth.length - FINDINGS_LOGGED_MAX }, 'more findings in GET /debug/redis-config');
}

/** A finding as a log line shows it. */
export function describeFinding({ code, path, origin, message, fix }: Finding): Record<string, string> {
  return { code, path, ...(origin === null ? {} : { origin: describeOrigin(origin) }), cause: message, fix };
}

function logStateChange({ deployment, from, to, code }: StateChange, logger: Logger): void {
  const facts = { deployment, from, to, code };
  if (to === 'fail') logger.error(facts, 'deployment state changed');
  else logger.info(facts, 'deployment state changed');
}
