/** One thing that is wrong with draws, or with a result that they are from. */
export interface Diagnosis {
  readonly code:
    | 'too-few-draws'
    | 'single-chain'
    | 'stuck-chain'
    | 'separate-modes'
    | 'r-hat'
    | 'ess-bulk'
    | 'ess-tail'
    | 'slow-mixing'
    | 'divergences'
    | 'overshooting'
    | 'bfmi'
    | 'tree-depth'
    | 'acceptance'
    | 'non-finite'
    | 'pareto-k'
    | 'not-converged'
    | 'moves-too-few';
  /** What is wrong, with the numbers. */
  readonly problem: string;
  /** What to do about it. */
  readonly advice: string;
  /** Coordinates that show it, the worst first. */
  readonly coordinates?: readonly number[];
  /** Chains that show it. */
  readonly chains?: readonly number[];
}

/** `'1 draw'`, `'2 draws'`. */
export function times(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** A value that is not its limit, with at least so many decimals, and as many more as it takes to tell them apart: `'1.013'` beside 1.01. */
export function apart(value: number, limit: number, decimals: number): string {
  const rounded = value.toFixed(decimals);
  return Number(rounded) === limit && decimals < 16 ? apart(value, limit, decimals + 1) : rounded;
}
