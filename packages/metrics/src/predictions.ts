import { argumentError, requireLength } from '@subspace/core/internals';

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

export function requireTargets(where: string, mean: ArrayLike<number>, targets: ArrayLike<number>): void {
  if (targets.length === 0) throw argumentError(where, 'targets are empty, expected at least one');
  requireLength(where, 'targets', targets, mean.length);
}

export function requireGaussianPrediction(
  where: string,
  { mean, variance }: GaussianPrediction,
  targets: ArrayLike<number>,
): void {
  requireTargets(where, mean, targets);
  requireLength(where, 'variance', variance, mean.length);
}

export function requireMembers(
  where: string,
  { members }: MixturePrediction,
  targets: ArrayLike<number>,
): NonNullable<MixturePrediction['members']> {
  if (!members || members.means.length === 0) {
    throw argumentError(where, 'prediction has no members, expected one made with keepMembers: true');
  }
  requireLength(where, 'members.variances', members.variances, members.means.length);
  for (const mean of members.means) requireTargets(where, mean, targets);
  for (const [m, variance] of members.variances.entries()) {
    requireLength(where, `members.variances[${m}]`, variance, targets.length);
  }
  return members;
}

export function meanOver(count: number, term: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += term(i);
  return sum / count;
}
