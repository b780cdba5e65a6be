/**
 * The suite under way: `test` is what everybody runs after every change, `proof` what CI runs besides, `statistics` both at sizes that find smaller mistakes,
 * for an hour. Set by `npm test`, `npm run test:proof` and `npm run test:statistics`.
 *
 * Files named `*.proof.test.ts` belong to `proof`. A file that has cases of both says which with `belongs`; its `*.rest.test.ts` brings it to `proof`.
 */
export type Suite = 'test' | 'proof' | 'statistics';

export const suite: Suite = (process.env.SUBSPACE_SUITE as Suite | undefined) ?? 'test';

/** Whether a case belongs to the suite under way: quick ones to `npm test`, the others to `npm run test:proof`. */
export function belongs(quick: boolean): boolean {
  return suite === 'statistics' || quick === (suite === 'test');
}

/** A number of draws, replicates or seeds: small enough for every change, or as many as it takes. */
export function sized<T>(short: T, long: T): T {
  return suite === 'statistics' ? long : short;
}

/**
 * Pairs of rows and columns in which each row and each column is there at least once, if it is allowed with any: each method, and each target, once.
 *
 * @returns whether a pair is among them
 */
export function covering<R, C>(
  rows: readonly R[],
  columns: readonly C[],
  allowed: (row: R, column: C) => boolean = () => true,
): (row: R, column: C) => boolean {
  const chosen = new Set<string>();
  const key = (row: R, column: C) => `${rows.indexOf(row)} ${columns.indexOf(column)}`;
  columns.forEach((column, c) => {
    const able = rows.filter((row) => allowed(row, column));
    if (able.length > 0) chosen.add(key(able[c % able.length], column));
  });
  rows.forEach((row, r) => {
    const able = columns.filter((column) => allowed(row, column));
    if (able.length > 0 && !able.some((column) => chosen.has(key(row, column)))) {
      chosen.add(key(row, able[r % able.length]));
    }
  });
  return (row, column) => chosen.has(key(row, column));
}
