/** Values outside of a domain by more than half of its length, drawn there: clipped all the same, and resvg ends the process at shapes far outside of a picture. */
export function nearby([low, high]: readonly [number, number]): (value: number) => number {
  const reach = (high - low) / 2;
  return (value) => Math.min(Math.max(value, low - reach), high + reach);
}
