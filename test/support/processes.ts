import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

export interface ProcessEntry {
  readonly pid: number;
  readonly ppid: number;
  /** First letter as in `ps`: R, S, T (stopped), Z (a zombie, which only waits for its parent to notice). */
  readonly state: string;
  readonly args: string;
}

/** All processes. From `/proc` where there is one, because the smallest Linux images have no `ps`. */
export function processes(): ProcessEntry[] {
  return existsSync('/proc/self/stat') ? fromProc() : fromPs();
}

/** Undefined for a process that is gone. */
export function processOf(pid: number): ProcessEntry | undefined {
  return processes().find((entry) => entry.pid === pid);
}

/** The variables that a process was started with, as text; on Linux only, elsewhere empty. */
export function environmentOf(pid: number): string {
  return read(`/proc/${pid}/environ`).replaceAll('\0', '\n');
}

function fromProc(): ProcessEntry[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid): ProcessEntry[] => {
    // pid (name) state ppid ...; the name may hold anything, so what counts begins behind the last bracket
    const stat = read(`/proc/${pid}/stat`);
    const [state, ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === undefined || ppid === undefined) return [];
    const args = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
    return [{ pid: Number(pid), ppid: Number(ppid), state, args }];
  });
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // the process ended meanwhile
  }
}

function fromPs(): ProcessEntry[] {
  const rows = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' }).split('\n');
  return rows.flatMap((row): ProcessEntry[] => {
    const [, pid, ppid, state, args] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s*(.*)$/.exec(row) ?? [];
    return state === undefined ? [] : [{ pid: Number(pid), ppid: Number(ppid), state, args: args ?? '' }];
  });
}
