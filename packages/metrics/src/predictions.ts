import { argumentError, requireLength, requireOptions, show } from '@subspace/core/internals';
import { areFinite, requireNumbers } from './numbers.ts';

/** A Gaussian for each of N points: the moments that `predictRegression` gives. */
export interface GaussianPrediction {
  readonly mean: ArrayLike<number>;
  readonly variance: ArrayLike<number>;
}

/** A mixture of S Gaussians for each of N points: what `predictRegression` gives with `keepMembers: true`. */
export interface MixturePrediction {
  readonly members?: {
    readonly means: readonly ArrayLike<number>[];
    readonly variances: readonly ArrayLike<number>[];
  };
}

/** Throws unless there is a target for each of the predicted values, called `name`. */
export function requireTargets(
  where: string,
  values: ArrayLike<number>,
  targets: ArrayLike<number>,
  name = 'mean',
): void {
  requireNumbers(where, name, values);
  requireNumbers(where, 'targets', targets);
  if (targets.length === 0) throw argumentError(where, 'targets are empty, expected at least one');
  requireLength(where, 'targets', targets, values.length);
}

/** Throws unless there is a mean for each variance, and no variance is below 0. */
export function requireMoments(where: string, prediction: GaussianPrediction): void {
  requireOptions(where, 'prediction', prediction);
  const { mean, variance } = prediction;
  requireNumbers(where, 'mean', mean);
  requireVariance(where, 'variance', variance, mean.length);
}

/** Throws unless there is a target for each predicted mean. */
export function requireMeans(
  where: string,
  prediction: { readonly mean: ArrayLike<number> },
  targets: ArrayLike<number>,
): void {
  requireOptions(where, 'prediction', prediction);
  requireTargets(where, prediction.mean, targets);
}

/** Throws unless it is a list of draws, each of which is for others to look at. */
export function requireEnsemble(where: string, name: string, ensemble: readonly ArrayLike<number>[]): void {
  if (!Array.isArray(ensemble)) throw argumentError(where, `${name} is ${show(ensemble)}, expected a list of draws`);
}

export function requireGaussianPrediction(
  where: string,
  prediction: GaussianPrediction,
  targets: ArrayLike<number>,
): void {
  requireMeans(where, prediction, targets);
  requireMoments(where, prediction);
}

export function requireMembers(
  where: string,
  prediction: MixturePrediction,
  targets: ArrayLike<number>,
): NonNullable<MixturePrediction['members']> {
  requireOptions(where, 'prediction', prediction);
  const { members } = prediction;
  if (!members || members.means?.length === 0) {
    throw argumentError(where, 'prediction has no members, expected one made with keepMembers: true');
  }
  requireEnsemble(where, 'members.means', members.means);
  requireEnsemble(where, 'members.variances', members.variances);
  requireLength(where, 'members.variances', members.variances, members.means.length);
  for (const [m, mean] of members.means.entries()) requireTargets(where, mean, targets, `members.means[${m}]`);
  for (const [m, variance] of members.variances.entries()) {
    requireVariance(where, `members.variances[${m}]`, variance, targets.length);
  }
  return members;
}

/** Throws unless these are `length` variances: none below 0, where a standard deviation or a log variance may be. */
export function requireVariance(where: string, name: string, variance: ArrayLike<number>, length: number): void {
  requireNumbers(where, name, variance);
  requireLength(where, name, variance, length);
  for (let i = 0; i < length; i++) {
    if (variance[i] < 0) {
      throw argumentError(where, `${name}[${i}] is ${variance[i]}, expected at least 0: a log variance?`);
    }
  }
}

/** Mean over the points of a score that is made of these lists; NaN where a number of them is not finite. */
export function meanScore(made: readonly ArrayLike<number>[], term: (i: number) => number): number {
  return areFinite(...made) ? meanOver(made[0].length, term) : Number.NaN;
}

export function meanOver(count: number, term: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += term(i);
  return sum / count;
}
