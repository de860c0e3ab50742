/** One goal and what was reached. */
export interface Result {
  readonly what: string;
  readonly goal: string;
  readonly reached: string;
  /** Null: only for orientation. */
  readonly isMet: boolean | null;
  readonly detail: string;
}

/**
 * A ratio that must not be below `goal`. The worse of throughput and processor time decides: throughput flatters when
 * the load generator is the bottleneck, processor time when the server waits. Null: nothing is wanted.
 */
export function ratioResult(
  what: string,
  goal: number | null,
  { throughput, processor }: { readonly throughput: number; readonly processor: number },
): Result {
  const reached = Math.min(throughput, processor);
  return {
    what,
    goal: goal === null ? '' : `>= ${goal.toFixed(2)}`,
    reached: reached.toFixed(2),
    isMet: goal === null ? null : reached >= goal,
    detail: `throughput ${throughput.toFixed(2)}, processor ${processor.toFixed(2)}`,
  };
}

/** Something that must not be above `limit`. Without a unit it is a ratio. */
export function limitResult(what: string, limit: number, reached: number, unit: string, detail: string): Result {
  const show = (value: number): string => (unit === '' ? value.toFixed(2) : `${value.toFixed(0)} ${unit}`);
  return { what, goal: `<= ${show(limit)}`, reached: show(reached), isMet: reached <= limit, detail };
}

export function printTable(results: readonly Result[]): void {
  const rows = [['goal', 'wanted', 'reached', '', 'detail'], ...results.map(rowOf)];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  console.log(`\n${lines.join('\n')}\n`);
}

function rowOf({ what, goal, reached, isMet, detail }: Result): string[] {
  return [what, goal, reached, isMet === null ? '' : isMet ? 'met' : 'MISSED', detail];
}
