import { logMeanExp } from './tempering.ts';
import type { Turn } from './turn.ts';

/** Of a logarithm: two of Newton's steps that are closer than this are the same. */
const TOLERANCE = 1e-12;

/** Twenty are many. */
const MOST_STEPS = 200;

/**
 * log Z₁/Z₀ of p₀ and p₁ ∝ exp(step·ℓ)·p₀, from log likelihoods of particles of both: Bennett's acceptance ratio. With σ the logistic function it is
 * the c of
 *
 *   mean over p₀ of σ(step·ℓ − c) = mean over p₁ of σ(c − step·ℓ).
 *
 * The mean of exp(step·ℓ) over p₀ alone rests on few particles, those of the highest likelihoods, which are the last to be found by moves.
 *
 * @see Bennett (1976), "Efficient estimation of free energy differences from Monte Carlo data"; Meng & Wong (1996), Section 3
 */
export async function bridge(below: Float64Array, above: Float64Array, step: number, turn: Turn): Promise<number> {
  let c = logMeanExp(below.map((value) => step * value));
  let [low, high] = [-Infinity, Infinity];
  for (let tried = 0; tried < MOST_STEPS; tried++) {
    const [from, fromSlope] = await meanLogistic(below, step, c, 1, turn);
    const [to, toSlope] = await meanLogistic(above, step, c, -1, turn);
    if (from === to) return c;
    if (from > to) low = c;
    else high = c;
    // In the logarithms of both sides, which are nearly straight where the particles hardly overlap.
    const newton = c + Math.log(from / to) / (fromSlope / from + toSlope / to);
    // Where a side is 0 to the last bit.
    const reach = 2 ** tried;
    const near = Number.isNaN(newton) ? c + Math.sign(from - to) * reach : newton;
    const next = near >= low && near <= high ? near : (low + high) / 2;
    if (!(Math.abs(next - c) > TOLERANCE * Math.max(1, Math.abs(c)))) return next;
    c = next;
  }
  return c;
}

/** Mean of σ(side·(step·ℓ − c)), and of the size of its derivative. */
async function meanLogistic(
  values: Float64Array,
  step: number,
  c: number,
  side: 1 | -1,
  turn: Turn,
): Promise<readonly [mean: number, slope: number]> {
  let [mean, slope] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const share = 1 / (1 + Math.exp(side * (c - step * values[i])));
    mean += share / values.length;
    slope += (share * (1 - share)) / values.length;
    if (i % 10_000 === 0) await turn();
  }
  return [mean, slope];
}
