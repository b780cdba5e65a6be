import { argumentError, requireKnownOptions, requirePositive } from '../argument.ts';
import { askGradients, askValues } from './ask-target.ts';
import {
  type Gaussian,
  gaussianEvaluation,
  gaussianLogDensity,
  gaussianPrecision,
  isotropicGaussian,
  requireGaussian,
} from './gaussian.ts';
import type {
  CurvedLogDensity,
  DataLogDensity,
  DifferentiableLogDensity,
  Disposable,
  Evaluation,
  LogDensity,
  Vector,
} from './log-density.ts';
import { whenReady } from './maybe-promise.ts';

/**
 * p(z | D) ∝ p(D | z)^(1/T) · N(z | prior).
 *
 * Its own values, gradients, Gauss–Newton matrix and minibatch estimates are those of logLikelihood / T + log N(z | prior), all constants
 * included; `logLikelihood` is untempered: the sum over the data, in nats; `pointwise` is untempered and without prior.
 *
 * @see Izmailov et al. (2019), Equations (2) and (3)
 */
export type Posterior<L extends LogDensity = DifferentiableLogDensity> = L &
  Disposable & { readonly prior: Gaussian; readonly temperature: number; readonly logLikelihood: L };

export interface PosteriorOptions<L extends LogDensity> {
  /** Untempered, summed over the data, in nats. */
  readonly logLikelihood: L;
  /** Standard deviation σ of the prior N(0, σ²·I). Give this or `prior`. */
  readonly priorStd?: number;
  readonly prior?: Gaussian;
  /** T > 0; above 1 flattens the likelihood. Default 1. */
  readonly temperature?: number;
}

/** All that a log likelihood may be able to do. */
type Able = CurvedLogDensity & DataLogDensity & Disposable;

/**
 * The tempered posterior of any log likelihood under a Gaussian prior.
 *
 * What the likelihood can do, the posterior can: gradients, Gauss–Newton, minibatches and pointwise densities come along.
 * `dispose` frees the likelihood; every call after it is an error.
 *
 * @throws unless exactly one of `priorStd` and `prior` is given, and both it and the temperature are valid
 * @example
 * ```ts
 * import { logDensity, posterior } from '@subspace/core';
 *
 * const target = posterior({ logLikelihood: logDensity(1, (z) => -0.5 * (z[0] - 2) ** 2), priorStd: 1 });
 * target.values([Float64Array.of(1)]); // −½ (likelihood) − ½ − ½ log 2π (prior)
 * ```
 */
export function posterior<L extends LogDensity>(options: PosteriorOptions<L>): Posterior<L> {
  requireKnownOptions('posterior', options, ['logLikelihood', 'priorStd', 'prior', 'temperature']);
  const { logLikelihood, priorStd, temperature = 1 } = options;
  const dim = logLikelihood?.dim;
  if (dim === undefined) throw argumentError('posterior', 'logLikelihood is missing, expected a log density');
  requirePositive('posterior', 'temperature', temperature);
  if ((priorStd === undefined) === (options.prior === undefined)) {
    throw argumentError('posterior', 'priorStd and prior are both given or both missing, expected exactly one');
  }
  if (priorStd !== undefined) requirePositive('posterior', 'priorStd', priorStd);
  const prior = options.prior ?? isotropicGaussian(dim, priorStd!);
  requireGaussian('posterior', 'prior', prior, dim);

  const temper = (evaluations: readonly Evaluation[], points: readonly Vector[]): readonly Evaluation[] =>
    evaluations.map(({ value, gradient }, i) => {
      const { value: priorValue, gradient: sum } = gaussianEvaluation(prior, points[i]);
      for (let k = 0; k < dim; k++) sum[k] = gradient[k] / temperature + sum[k];
      return { value: value / temperature + priorValue, gradient: sum };
    });

  const able = logLikelihood as LogDensity & Partial<Able>;
  let disposed = false;
  const source = (): Able => {
    if (disposed) throw argumentError('posterior', 'the posterior is disposed, expected one in use');
    return able as Able;
  };
  const tempered: LogDensity & Disposable & Partial<Omit<Able, keyof LogDensity | 'dispose'>> = {
    dim,
    ...(logLikelihood.engine !== undefined && { engine: logLikelihood.engine }),
    identity: () =>
      whenReady(
        logLikelihood.identity?.(),
        (parts) => parts && { ...parts, prior: { mean: prior.mean, cholesky: prior.cholesky }, temperature },
      ),
    values: (points) =>
      whenReady(askValues('posterior', source(), points), (values) =>
        values.map((value, i) => value / temperature + gaussianLogDensity(prior, points[i])),
      ),
    dispose: () => {
      disposed = true;
      able.dispose?.();
    },
  };
  if (able.valuesAndGradients) {
    tempered.valuesAndGradients = (points) =>
      whenReady(askGradients('posterior', source(), points), (answers) => temper(answers, points));
  }
  if (able.gaussNewton) {
    const precision = gaussianPrecision(prior);
    tempered.gaussNewton = (point) =>
      whenReady(source().gaussNewton(point), (matrix) => matrix.map((value, i) => value / temperature + precision[i]));
  }
  if (able.minibatch) {
    tempered.minibatch = (points, rows) =>
      whenReady(
        askGradients('posterior', { valuesAndGradients: () => source().minibatch(points, rows) }, points),
        (answers) => temper(answers, points),
      );
  }
  if (able.pointwise) tempered.pointwise = (point) => source().pointwise(point);
  const rows = able.rows === undefined ? {} : { rows: able.rows };
  return { ...tempered, ...rows, prior, temperature, logLikelihood } as unknown as Posterior<L>;
}
