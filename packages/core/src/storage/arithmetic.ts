import { checksum } from './checksum.ts';

/**
 * Names how this JavaScript engine rounds: two whose names differ can give different numbers.
 *
 * The standard leaves the last digits of exp, log, tanh and their like to the engine, and their versions differ. (`**` is not among them, because
 * nothing that enters a run is computed by it: V8 changed its rounding between Node 22 and 24.)
 */
export function arithmetic(): string {
  const { exp, expm1, log, log1p, sin, cos, tanh, hypot } = Math;
  const results = [exp, expm1, log, log1p, sin, cos, tanh, (x: number) => hypot(x, 1)].flatMap((f) =>
    // Arguments over the range that densities use; √2 makes all digits count.
    Array.from({ length: 32 }, (_, i) => f(Math.SQRT2 * (i + 1) * (i % 2 === 0 ? 0.01 : 0.7))),
  );
  return `Math rounds as ${checksum([Float64Array.from(results)])}`;
}
