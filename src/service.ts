import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { buildApp } from './app.ts';
import { Activation } from './catalog/activation.ts';
import type { ActivationEvent } from './catalog/activation-event.ts';
import { type DevelopmentChoice, provideDevelopmentRedis } from './catalog/development-redis.ts';
import { detectNetwork, type Network } from './catalog/network.ts';
import { createParser } from './catalog/parser.ts';
import { readSources, type SourceSettings } from './catalog/sources.ts';
import { Watcher } from './catalog/watcher.ts';
import { isStrict } from './core/environment.ts';
import { createFinding, type Finding } from './core/finding.ts';
import { createCatalogState } from './health/catalog-state.ts';
import { createHealthReporter } from './health/report.ts';
import { Supervision } from './health/supervision.ts';
import { unwatchedIn } from './health/unwatched.ts';
import { chooseListener, describeListenError } from './http/listener.ts';
import { logActivation, logDevelopment, logStateChange } from './log-events.ts';
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
  | { readonly ok: false; readonly reasons: readonly Finding[]; readonly restartMayHelp: boolean };

/**
 * Starts everything, in this order: declarations, the first revision, the listener, watching for changes.
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
  if (outcome === 'refused' && isStrict(settings.environment.name))
    return { ok: false, reasons: activation.refusal?.reasons ?? [], restartMayHelp: false };

  const listening = await listen(options, network, activation, supervision);
  if (!listening.ok) return listening;
  const { app, url, drain } = listening;
  started.defer(() => app.close());
  parser.serveRequests();
  started.use(
    new Watcher({ activation, pollMs: settings.BEACON_POLL_MS, settleMs: settings.BEACON_SETTLE_MS }, sources),
  );
  started.defer(() => activation.end()); // first of all: nobody waits for the proof of what nobody will see
  const running = started.move();
  return { ok: true, service: { app, url, drain, [Symbol.asyncDispose]: () => running.disposeAsync() } };
}

type Listening = { readonly ok: true } & Pick<Service, 'app' | 'url' | 'drain'>;

/** Builds the HTTP face and opens the listener. */
async function listen(
  { settings, logger }: ServiceOptions,
  network: Network,
  activation: Activation,
  supervision: Supervision,
): Promise<Listening | (StartedService & { readonly ok: false })> {
  let draining = false;
  const { environment } = settings;
  const { host, port, isPrivate, loopbackHostsOnly } = chooseListener(settings, network);
  const catalogState = createCatalogState(activation);
  const monitors = () => supervision.monitors;
  const health = createHealthReporter({
    monitors,
    unwatched: () => unwatchedIn(activation.active),
    deadlineMs: settings.BEACON_HEALTH_DEADLINE_MS,
    header: () => ({
      environment: environment.name,
      revision: activation.active?.number ?? null,
      catalog: catalogState(),
    }),
  });
  const dependencies = {
    activation,
    health,
    environment,
    network,
    listenerIsPrivate: isPrivate,
    isDraining: () => draining,
    metrics: createMetrics({ activation, monitors }),
  };
  const app = await buildApp({ logger, loopbackHostsOnly, docs: !isStrict(environment.name), dependencies });
  try {
    const url = await app.listen({ host, port, listenTextResolver: (address) => address });
    return {
      ok: true,
      app,
      url,
      drain: () => {
        draining = true;
      },
    };
  } catch (error) {
    await app.close();
    const reason = describeListenError(error);
    if (reason === null) throw error;
    return { ok: false, reasons: [createFinding('LISTENER_FAILED', environment.name, reason)], restartMayHelp: true };
  }
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
