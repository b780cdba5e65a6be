import { randomSource } from '../random/random-source.ts';
import { checksum } from '../storage/checksum.ts';
import type { WeightMap } from './weight-map.ts';

/** Points that maps are compared at. */
const POINTS = 5;

/** What tells one map from another: its weights, and its volumes, at a few fixed points around 0. */
export function mapIdentity(map: WeightMap): object {
  const random = randomSource('map');
  const points = Array.from({ length: POINTS }, () => Float64Array.from({ length: map.dim }, () => random.normal()));
  return {
    dim: map.dim,
    weights: checksum(
      (function* () {
        for (const z of points) yield map.weights(z);
      })(),
    ),
    ...(map.logVolume && { volumes: points.map((z) => map.logVolume!(z).value) }),
  };
}
