import './quiet.ts';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { describeBug } from './app.ts';
import { isStrict } from './core/environment.ts';
import { describeOrigin } from './core/origin.ts';
import { createLogger } from './log.ts';
import { type Service, startService } from './service.ts';
import { readSettings, type Settings } from './settings.ts';

/** sysexits.h EX_CONFIG: nothing that a restart would mend. */
const EXIT_CONFIGURATION = 78;
const EXIT_FAILURE = 1;
/** Orchestrators kill after 10 s: be gone before. */
const SHUTDOWN_DEADLINE_MS = 9000;
const STRICT_DRAIN_MS = 3000;

async function main(): Promise<void> {
  process.on('SIGUSR1', () => undefined); // Node would open its inspector
  const settings = readSettings(process.env);
  if (!settings.ok) {
    reportProblems(
      settings.problems.map(({ variable, message, fix }) => ({
        code: 'SETTING_INVALID',
        path: variable,
        message,
        fix,
      })),
    );
    process.exit(EXIT_CONFIGURATION);
  }
  const logger = await createLogger(settings.settings, process.stdout.isTTY);
  dieOfBugs(logger);
  const stopping = Promise.withResolvers<void>();
  onTermination(logger, stopping.resolve);
  const startedAt = performance.now();
  const started = await startService({
    settings: settings.settings,
    variables: process.env,
    directory: process.cwd(),
    logger,
    parserWorker: new URL(
      import.meta.url.endsWith('.ts') ? './catalog/parser-worker.ts' : './parser-worker.js',
      import.meta.url,
    ),
  });
  if (!started.ok) {
    reportProblems(
      started.reasons.map(({ origin, ...rest }) => ({
        ...rest,
        origin: origin === null ? null : describeOrigin(origin),
      })),
    );
    process.exit(started.restartMayHelp ? EXIT_FAILURE : EXIT_CONFIGURATION);
  }
  const { name } = settings.settings.environment;
  logger.info(
    {
      environment: name,
      url: started.service.url,
      node: process.version,
      ms: Math.round(performance.now() - startedAt),
    },
    'redis-beacon is up',
  );
  await stopping.promise;
  await stop(started.service, settings.settings, logger);
}

interface Problem {
  readonly code: string;
  readonly path: string;
  readonly message: string;
  readonly fix: string;
  readonly origin?: string | null;
}

/** All problems at once: one JSON line for machines (`LOG_FORMAT=json`, or no terminal and not `pretty`), else text. */
function reportProblems(problems: readonly Problem[]): void {
  const format = process.env.LOG_FORMAT;
  const asJson = format === 'json' || (format !== 'pretty' && !process.stderr.isTTY);
  if (asJson) {
    const line = { level: 60, time: new Date().toISOString(), problems, msg: 'redis-beacon cannot start' };
    process.stderr.write(`${JSON.stringify(line)}\n`);
    return;
  }
  const list = problems.map(
    ({ code, path, origin, message, fix }) =>
      `  ${code}  ${path}${origin ? `  (${origin})` : ''}\n    ${message}\n    fix: ${fix}\n`,
  );
  process.stderr.write(
    `redis-beacon cannot start: ${problems.length} problem${problems.length === 1 ? '' : 's'}\n\n${list.join('\n')}`,
  );
}

/** The first signal ends in order, the second at once. */
function onTermination(logger: Logger, stop: () => void): void {
  let signals = 0;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      signals += 1;
      if (signals > 1) process.exit(1);
      logger.info({ signal }, 'stopping');
      setTimeout(() => process.exit(0), SHUTDOWN_DEADLINE_MS).unref();
      stop();
    });
  }
}

async function stop(service: Service, settings: Settings, logger: Logger): Promise<void> {
  const strict = isStrict(settings.environment.name);
  service.drain();
  await pause(settings.BEACON_DRAIN_MS ?? (strict ? STRICT_DRAIN_MS : 0));
  await service[Symbol.asyncDispose]();
  logger.info('stopped');
  process.exit(0);
}

/** A bug leaves one line that names its place, never its message: that could hold anything. */
function dieOfBugs(logger: Logger): void {
  const die = (error: unknown): void => {
    logger.fatal({ bug: describeBug(error) }, 'a bug: redis-beacon ends');
    process.exit(1);
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
}

await main();
