import type { Draws } from '@subspace/core';
import { mcseMean, pointwiseLogLikelihood, waic } from '@subspace/diagnostics';
import type { AuthorsPlane, GoldenPlane } from './authors-plane.ts';
import { type Deviation, deviations } from './deviations.ts';
import type { Expectation } from './expectation.ts';
import { predictiveDraws } from './predictive-draws.ts';

/** What quadrature says of the predictions of one plane at one temperature. */
export interface GoldenPredictions extends GoldenPlane {
  readonly predictiveMean: readonly number[];
  readonly predictiveEpistemicStd: readonly number[];
  readonly predictiveTotalStd: readonly number[];
  readonly logPointwisePredictiveDensity: number;
}

/**
 * Mean, epistemic and total variance at every sixth point of the grid, and the log predictive density of the training data, of draws of the plane's coordinates.
 *
 * @param standardError of the mean of values by chain; of independent runs, that of their spread
 */
export async function predictiveDeviations(
  plane: AuthorsPlane,
  golden: GoldenPredictions,
  xGrid: readonly number[],
  draws: Draws,
  standardError: (values: readonly Float64Array[]) => number = mcseMean,
): Promise<readonly Deviation[]> {
  const at = [...xGrid.keys()].filter((i) => i % 6 === 0);
  const x = at.map((i) => xGrid[i]);
  const { functions, totalVariance } = await predictiveDraws(plane.authors.network, plane.subspace, draws, x);
  const band = at.flatMap((i, j): Expectation[] => {
    const centre = golden.predictiveMean[i];
    const spread = golden.predictiveEpistemicStd[i];
    return [
      { name: `predictive mean at x${i}`, of: (f) => f[j], exact: centre },
      { name: `predictive variance at x${i}`, of: (f) => (f[j] - centre) ** 2, exact: spread ** 2 },
    ];
  });
  const byChain = (values: ArrayLike<number>): Float64Array[] => {
    let next = 0;
    return draws.positions.map((chain) => Float64Array.from(chain, () => values[next++]));
  };
  const total = at.map((i, j): Deviation => {
    const values = functions.positions.flat().map((f) => f[j]);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const exact = golden.predictiveTotalStd[i] ** 2;
    const error = standardError(byChain(values.map((value) => (value - mean) ** 2)));
    const estimate = totalVariance[j];
    return { name: `total predictive variance at x${i}`, exact, estimate, errors: (estimate - exact) / error };
  });
  return [
    ...deviations(functions, band, standardError),
    ...total,
    await logDensityDeviation(plane, golden, draws, (values) => standardError(byChain(values))),
  ];
}

/** Σₙ log p̄ₙ, p̄ₙ the mean of p(yₙ | z): to first order its error is that of the mean of Σₙ p(yₙ | z)/p̄ₙ. */
async function logDensityDeviation(
  { authors, subspace }: AuthorsPlane,
  { sigma, temperature, logPointwisePredictiveDensity: exact }: GoldenPredictions,
  draws: Draws,
  standardError: (values: ArrayLike<number>) => number,
): Promise<Deviation> {
  const posterior = authors.posterior(subspace, { sigma, temperature });
  const logLikelihood = await pointwiseLogLikelihood(posterior, draws);
  posterior.dispose();
  const { elpd, effectiveParameters } = waic(logLikelihood);
  const estimate = elpd + effectiveParameters;
  const { values } = logLikelihood;
  const means = Float64Array.from(
    values[0],
    (_, n) => values.reduce((sum, row) => sum + Math.exp(row[n]), 0) / values.length,
  );
  const ratios = values.map((row) => means.reduce((sum, mean, n) => sum + Math.exp(row[n]) / mean, 0));
  return {
    name: 'log predictive density of the training data',
    exact,
    estimate,
    errors: (estimate - exact) / standardError(ratios),
  };
}
