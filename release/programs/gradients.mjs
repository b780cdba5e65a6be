// Compares the gradient of a posterior in a plane of a network's weights with differences of its values.
import { planePosterior } from './plane.mjs';

const posterior = await planePosterior();
const at = Float64Array.of(0.05, -0.02);
const [{ gradient }] = await posterior.valuesAndGradients([at]);
// Truncation falls with the square of the step, float32 outputs round to some 1e-6 nats: a step of
// 1e-3 left at most 4e-4 of 1 + |slope| over twelve seeds.
const step = 1e-3;
for (const k of [0, 1]) {
  const [up, down] = await posterior.values(
    [1, -1].map((sign) => at.map((value, i) => value + (i === k ? sign * step : 0))),
  );
  const slope = (up - down) / (2 * step);
  if (!(Math.abs(slope - gradient[k]) < 0.01 * (1 + Math.abs(slope))))
    throw new Error(`gradient ${gradient[k]}, slope ${slope}`);
}
