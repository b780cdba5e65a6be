import {
  type DifferentiableLogDensity,
  type Evaluation,
  gaussianDraw,
  type Posterior,
  type RandomSource,
  randomSource,
  type SamplingAlgorithm,
  type Vector,
} from '@subspace/core';
import { mcseMean } from '@subspace/diagnostics';
import type { Deviation } from './deviations.ts';
import type { BayesianModel } from './logistic-regression.ts';

/**
 * Geweke's joint distribution test of a kernel: z ← one step of the kernel for p(z | y), y ← p(y | z), again and again, leaves p(z, y) as it is. So z stays a draw of its prior and
 * (z, y) one of the joint distribution, exactly: any error of the kernel adds up, and nothing is left to convergence, since the chains start in equilibrium.
 *
 * @param kernel without adaptation: its tuning must not depend on where the chain is
 * @returns means, products and the log likelihood, in standard errors from what they are by the prior and by simulation
 * @see Geweke (2004), "Getting it right"
 */
export function jointDistributionTest(
  model: BayesianModel,
  kernel: (target: Posterior) => SamplingAlgorithm<unknown, unknown>,
  options: { readonly steps: number; readonly seed: number },
): readonly Deviation[] {
  const { prior } = model;
  const dim = prior.mean.length;
  const chains = [0, 1, 2, 3].map((c) => {
    const random = randomSource(options.seed).fork(`chain ${c}`);
    let z = gaussianDraw(prior, random);
    return Array.from({ length: options.steps }, () => {
      const target = model.posterior(model.simulate(z, random));
      z = oneStep(kernel(target), random, z);
      return { z, logLikelihood: logLikelihoodAt(target, z) };
    });
  });
  const deviation = (
    name: string,
    exact: number,
    of: (pair: (typeof chains)[0][0]) => number,
    error = 0,
  ): Deviation => {
    const values = chains.map((chain) => Float64Array.from(chain, of));
    const estimate = values.flatMap((chain) => [...chain]).reduce((a, b) => a + b, 0) / (4 * options.steps);
    return { name, exact, estimate, errors: (estimate - exact) / Math.hypot(mcseMean(values), error) };
  };
  const found: Deviation[] = [];
  for (let i = 0; i < dim; i++) {
    found.push(deviation(`mean of z${i}`, 0, ({ z }) => z[i]));
    for (let j = 0; j <= i; j++) {
      const exact = i === j ? prior.cholesky[i * dim + i] ** 2 : 0;
      found.push(deviation(`mean of z${i}·z${j}`, exact, ({ z }) => z[i] * z[j]));
    }
  }
  const { mean, error } = simulated(model, 20_000, randomSource(options.seed).fork('simulated'));
  found.push(deviation('mean of the log likelihood', mean, ({ logLikelihood }) => logLikelihood, error));
  return found;
}

/** The log likelihood of z ~ prior and y ~ p(y | z): its mean, and the standard error of that. */
function simulated(model: BayesianModel, size: number, random: RandomSource): { mean: number; error: number } {
  const values = Float64Array.from({ length: size }, () => {
    const z = gaussianDraw(model.prior, random);
    return logLikelihoodAt(model.posterior(model.simulate(z, random)), z);
  });
  const mean = values.reduce((a, b) => a + b, 0) / size;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, error: Math.sqrt(squares) / size };
}

function logLikelihoodAt(target: Posterior, z: Vector): number {
  return (target.logLikelihood.values([z]) as Float64Array)[0];
}

/** From z, one step of an algorithm whose target answers at once. */
function oneStep<S>(algorithm: SamplingAlgorithm<S, unknown>, random: RandomSource, from: Vector): Vector {
  const answer = (z: Vector): number | Evaluation =>
    algorithm.needs === 'values'
      ? (algorithm.target.values([z]) as Float64Array)[0]
      : ((algorithm.target as DifferentiableLogDensity).valuesAndGradients([z]) as readonly Evaluation[])[0];
  const finish = <R>(coroutine: Generator<Vector, R, number | Evaluation>): R => {
    let request = coroutine.next();
    while (!request.done) request = coroutine.next(answer(request.value));
    return request.value;
  };
  const state = finish(algorithm.init(random, from) as Generator<Vector, S, number | Evaluation>);
  const step = algorithm.step(random, state) as Generator<Vector, { state: S; info: unknown }, number | Evaluation>;
  return algorithm.position(finish(step).state).slice();
}
