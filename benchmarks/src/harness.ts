/** One thing to be timed, by name. */
export interface Contender {
  readonly name: string;
  /** Before each of its turns. */
  prepare?(): void;
  run(): void | Promise<void>;
}

export interface Timing {
  readonly name: string;
  /** Milliseconds. */
  readonly median: number;
  readonly runs: number;
}

/**
 * Times contenders in turns within one run, so that whatever else the machine does slows all of them alike.
 *
 * @param seconds for each contender
 */
export async function interleaved(contenders: readonly Contender[], seconds: number): Promise<Timing[]> {
  const times = contenders.map((): number[] => []);
  const turn = async (contender: Contender, spent: number[], milliseconds: number) => {
    contender.prepare?.();
    const end = performance.now() + milliseconds;
    do {
      const start = performance.now();
      await contender.run();
      spent.push(performance.now() - start);
    } while (performance.now() < end);
  };
  // Warm-up: compilation and allocation.
  for (const contender of contenders) await turn(contender, [], 200);
  const turns = 10;
  for (let i = 0; i < turns; i++) {
    for (const [c, contender] of contenders.entries()) await turn(contender, times[c], (1000 * seconds) / turns);
  }
  return contenders.map(({ name }, c) => ({ name, median: median(times[c]), runs: times[c].length }));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** A Markdown table, padded so that it also reads well in a terminal. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(header), rule, ...rows.map(line)].join('\n');
}
