import type { Evaluation, Vector } from '../density/log-density.ts';
import { whenReady } from '../density/maybe-promise.ts';
import type { WeightMap } from '../weights/weight-map.ts';
import type { SubspaceLikelihood } from './network.ts';

/**
 * A likelihood along a map, with the map's volume: log p(D | w(z)) + T·logVolume(z).
 *
 * The volume belongs to the prior, N(z)·volume(z), which is not Gaussian any more, and is not tempered. Samplers take a Gaussian prior and a log likelihood that they temper by 1/T; so here, and nowhere else, T times the
 * volume is made part of the log likelihood, and what they have is log p(D | w(z)) / T + logVolume(z) + log N(z). Sequential Monte Carlo then goes from N(z) to the posterior by all of it, and its evidence is that of
 * N(z)·volume(z), as far as the constant of the volume is known.
 *
 * `pointwise` is of the data only; so is `gaussNewton`, which leaves the volume's curvature out.
 */
export function withLogVolume(
  of: SubspaceLikelihood,
  { logVolume }: WeightMap,
  temperature: number,
): SubspaceLikelihood {
  if (!logVolume) return of;
  const add = (evaluations: readonly Evaluation[], points: readonly Vector[]): readonly Evaluation[] =>
    evaluations.map(({ value, gradient }, i) => {
      const volume = logVolume(points[i]);
      return {
        value: value + temperature * volume.value,
        gradient: gradient.map((g, k) => g + temperature * volume.gradient[k]),
      };
    });
  return {
    ...of,
    identity: () => whenReady(of.identity?.(), (parts) => parts && { ...parts, volumeTimes: temperature }),
    values: (points) =>
      whenReady(of.values(points), (values) =>
        values.map((value, i) => value + temperature * logVolume(points[i]).value),
      ),
    valuesAndGradients: (points) => whenReady(of.valuesAndGradients(points), (evaluations) => add(evaluations, points)),
    minibatch: (points, rows) => whenReady(of.minibatch(points, rows), (evaluations) => add(evaluations, points)),
  };
}
