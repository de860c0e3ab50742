import pino, { type Logger } from 'pino';
import type { Settings } from './settings.ts';

/** JSON lines, or readable text on a terminal. What is logged are facts that we wrote; redaction is only a second net. */
export async function createLogger(
  settings: Pick<Settings, 'LOG_LEVEL' | 'LOG_FORMAT'>,
  isTerminal: boolean,
): Promise<Logger> {
  const options = {
    level: settings.LOG_LEVEL,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: ['password', '*.password', 'authorization', '*.authorization', 'token', '*.token'],
      censor: '[redacted]',
    },
  };
  const pretty = settings.LOG_FORMAT === 'pretty' || (settings.LOG_FORMAT === 'auto' && isTerminal);
  if (!pretty) return pino(options, pino.destination({ fd: 1, sync: true }));
  const { default: prettify } = await import('pino-pretty'); // costs 20 ms, so only where somebody reads
  return pino(
    options,
    prettify({ sync: true, colorize: isTerminal, translateTime: 'SYS:HH:MM:ss.l', singleLine: true }),
  );
}
