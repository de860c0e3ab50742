import { get } from 'node:http';
import { readArguments } from './arguments.ts';
import { EXIT_FAILURE, EXIT_OK } from './exit-codes.ts';

const DEADLINE_MS = 2000;
const PORT_DEFAULT = 8080;
const EVERY_ADDRESS = ['', '0.0.0.0', '::'];

/** Asks the service on this machine whether it lives: the check of the container image, which has no other client. */
export async function healthcheck(args: readonly string[]): Promise<number> {
  const read = readArguments('healthcheck', args, {});
  if (!read.ok) return read.exitCode;
  const problem = await askLiveness(process.env.HOST ?? '', process.env.PORT ?? '');
  if (problem === null) return EXIT_OK;
  process.stderr.write(`redis-beacon healthcheck: ${problem}\n`);
  return EXIT_FAILURE;
}

/** Null: alive. Else what is wrong. */
async function askLiveness(host: string, port: string): Promise<string | null> {
  const number = port === '' ? PORT_DEFAULT : Number(port);
  if (!Number.isInteger(number) || number < 1 || number > 65_535) return 'PORT names no port to ask';
  const address = EVERY_ADDRESS.includes(host) ? '127.0.0.1' : host;
  const status = await statusOf(address, number);
  if (status === 200) return null;
  return typeof status === 'number'
    ? `the service on port ${number} answers ${status}`
    : `no answer on port ${number}: ${status}`;
}

/** The status of the answer, or why there was none. */
function statusOf(host: string, port: number): Promise<number | string> {
  const signal = AbortSignal.timeout(DEADLINE_MS);
  return new Promise((resolve) => {
    const request = get({ host, port, path: '/health/live', agent: false, signal }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
      request.destroy();
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      resolve(signal.aborted ? `${DEADLINE_MS} ms went by` : (error.code ?? 'the connection failed'));
    });
  });
}
