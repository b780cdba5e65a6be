/** One thing about a table that a reader changed, or that its user should know: said, never silent. */
export interface TableFinding {
  readonly code:
    | 'blank-rows'
    | 'blank-columns'
    | 'missing-values'
    | 'text-column'
    | 'columns-left-out'
    | 'duplicate-rows'
    | 'constant-columns'
    | 'unknown-checksum'
    | 'variables-left-out';
  /** What was found, with the numbers. */
  readonly problem: string;
  /** What was done about it, or what to do. */
  readonly advice: string;
}

/** The first few of many, for a message. */
export function some(items: readonly unknown[]): string {
  return `${items.slice(0, 5).join(', ')}${items.length > 5 ? ', …' : ''}`;
}

/** `1 row`, `2 rows`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
