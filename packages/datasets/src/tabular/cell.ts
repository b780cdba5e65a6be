/** A cell as a file holds it: a number, a text, or nothing. */
export type Cell = string | number | null;

/** What people write where they have no number. In lower case. */
const MISSING: ReadonlySet<string> = new Set(['', '?', 'na', 'n/a', '#n/a', 'nan', 'null']);

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Whether the cell stands for no value: blank, `?`, `NA`, `N/A`, `#N/A`, `NaN`, `null`, in any case. */
export function isMissing(cell: Cell): boolean {
  return cell === null || (typeof cell === 'string' && MISSING.has(cell.trim().toLowerCase()));
}

/** The number that the cell holds; undefined where it is a text, `inf` and hexadecimals too. */
export function numberOf(cell: Cell, decimal: '.' | ','): number | undefined {
  if (typeof cell === 'number') return cell;
  if (cell === null) return undefined;
  const trimmed = cell.trim();
  // A point beside a decimal comma would be one of thousands: 1.234,5.
  if (decimal === ',' && trimmed.includes('.')) return undefined;
  const text = decimal === ',' ? trimmed.replace(',', '.') : trimmed;
  return NUMBER.test(text) ? Number(text) : undefined;
}
