/** One thing that is wrong with draws. */
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
    | 'bfmi'
    | 'tree-depth'
    | 'acceptance'
    | 'non-finite';
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
