import { mean } from '@subspace/core/internals';

/** An estimate of how well new data are predicted: the expected log pointwise predictive density, in nats, larger is better. */
export interface ElpdEstimate {
  /** Sum over the N points. */
  readonly elpd: number;
  /** Of `elpd`, from the spread over the points: √(N·var). */
  readonly standardError: number;
  /** How much better the data are fitted than predicted: p_loo, p_waic. */
  readonly effectiveParameters: number;
  /** elpd of each point [N]. */
  readonly pointwise: Float64Array;
}

/** Sum of the points' estimates with its standard error. */
export function elpdEstimate(pointwise: Float64Array, effectiveParameters: number): ElpdEstimate {
  const centre = mean(pointwise);
  const [elpd, squares] = pointwise.reduce(
    ([sum, spread], value) => [sum + value, spread + (value - centre) ** 2],
    [0, 0],
  );
  return { elpd, standardError: Math.sqrt(squares), effectiveParameters, pointwise };
}
