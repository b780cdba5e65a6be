/** Loss and error along the curve, and along the straight line between its ends: the barrier, and that the curve has none. */
import { curveEvaluationFigure } from '@subspace/plots';

const times = Array.from({ length: 31 }, (_, i) => i / 30);
const hill = (t: number) => 16 * t * t * (1 - t) * (1 - t);
const along = (barrier: number) => ({
  loss: { values: times.map((t) => 0.12 - 0.03 * t + barrier * hill(t)) },
  error: { values: times.map((t) => 0.25 + (0.5 * barrier * hill(t)) / (1 + barrier * hill(t))) },
});

export const svg = curveEvaluationFigure({ times, curve: along(0.03), line: along(1.4) });
