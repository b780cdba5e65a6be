/** Whether this is the longer suite, `npm run test:statistics`. */
export const isLong: boolean = process.env.SUBSPACE_STATISTICS === 'long';

/** A number of draws, replicates or seeds: small enough for every change, or as many as it takes. */
export function sized<T>(short: T, long: T): T {
  return isLong ? long : short;
}
