import { execFile } from 'node:child_process';

export interface ProgramResult {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. A failure, a missing file and the deadline (`timeoutMs`) all come back as `ok: false`. */
export function runProgram(
  file: string,
  args: readonly string[],
  options: { readonly env: NodeJS.ProcessEnv; readonly timeoutMs: number },
): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const settings = {
      env: options.env,
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: 8 << 20,
    } as const;
    execFile(file, args, settings, (error, stdout, stderr) => resolve({ ok: error === null, stdout, stderr }));
  });
}
