import { argumentError, requireCount, requireLength, requireOptions, rowEntropy } from '@subspace/core/internals';
import { requireNumbers } from './numbers.ts';
import { requireEnsemble } from './predictions.ts';
import { mostProbable, type Probabilities, readProbabilities } from './probabilities.ts';

/** Where the doubt of a model average comes from; Float64Array [N] each, entropies in nats. NaN where a member's probabilities are not finite. */
export interface UncertaintyDecomposition {
  /** Of the averaged probabilities: total uncertainty. */
  readonly entropy: Float64Array;
  /** Mean of the members' entropies: uncertainty of the label (aleatoric). */
  readonly expectedEntropy: Float64Array;
  /** entropy − expectedEntropy ≥ 0: what the members disagree on (epistemic). */
  readonly mutualInformation: Float64Array;
  /** Σ_c p(1 − p) of the averaged probabilities = aleatoricVariance + epistemicVariance. */
  readonly totalVariance: Float64Array;
  /** Mean over members of Σ_c p(1 − p). */
  readonly aleatoricVariance: Float64Array;
  /** Σ_c of the variance over members. */
  readonly epistemicVariance: Float64Array;
  /** Share of members that don't vote for the class with most votes. */
  readonly variationRatio: Float64Array;
  /** Share of members whose class differs from that of the averaged probabilities. */
  readonly dissent: Float64Array;
  /** Share of pairs of members whose classes differ; 0 for a single member. */
  readonly disagreement: Float64Array;
}

/**
 * Entropy −Σ_c p·log p of each point's probabilities, in nats: from 0 (sure) to log C.
 *
 * @param prediction probabilities [N, C] row major
 * @returns [N]; NaN where a probability of the row is not finite
 * @throws on rows that are not probabilities
 * @example
 * ```ts
 * import { predictiveEntropy } from '@subspace/metrics';
 *
 * predictiveEntropy({ classes: 2, probabilities: [0.5, 0.5, 1, 0] }); // [log 2, 0]
 * ```
 */
export function predictiveEntropy(prediction: Probabilities): Float64Array {
  const read = readProbabilities('predictiveEntropy', prediction);
  return Float64Array.from({ length: read.rows }, (_, row) => rowEntropy(read, row));
}

/**
 * Uncertainty of an ensemble's average, split into that of the label (aleatoric) and that about the network (epistemic), by entropy, by variance and by votes.
 *
 * @param prediction made by `predictClassification` with `keepMembers: true`, or any `members` [S] of probabilities [N, C]
 * @throws without members, on members of different lengths, or rows that are not probabilities
 * @see Depeweg et al. (2018) for entropies; Smith & Gal (2018), Equation (9), and Kwon et al. (2020) for variances; Freeman (1965) for the variation ratio
 * @example
 * ```ts
 * import { decomposeUncertainty } from '@subspace/metrics';
 *
 * // Two members, each sure of another class: all doubt is about the network.
 * decomposeUncertainty({ classes: 2, members: [[1, 0], [0, 1]] }); // entropy log 2 = mutualInformation; expectedEntropy 0
 * ```
 */
export function decomposeUncertainty(prediction: {
  readonly classes: number;
  readonly members?: readonly ArrayLike<number>[];
}): UncertaintyDecomposition {
  const where = 'decomposeUncertainty';
  requireOptions(where, 'prediction', prediction);
  const { classes, members: given } = prediction;
  requireCount(where, 'classes', classes, 2);
  if (!given || given.length === 0) {
    throw argumentError(where, 'prediction has no members, expected one made with keepMembers: true');
  }
  requireEnsemble(where, 'members', given);
  const members = given.map((member, m) => {
    requireNumbers(where, `members[${m}]`, member);
    requireLength(where, `members[${m}]`, member, given[0].length);
    return readProbabilities(where, { classes, probabilities: member }, `members[${m}]`).probabilities;
  });
  const points = members[0].length / classes;
  const count = members.length;
  const probabilities = Float64Array.from(
    members[0],
    (_, i) => members.reduce((sum, member) => sum + member[i], 0) / count,
  );
  const averaged = { classes, probabilities };
  const result = {
    entropy: predictiveEntropy(averaged),
    expectedEntropy: new Float64Array(points),
    mutualInformation: new Float64Array(points),
    totalVariance: new Float64Array(points),
    aleatoricVariance: new Float64Array(points),
    epistemicVariance: new Float64Array(points),
    variationRatio: new Float64Array(points),
    dissent: new Float64Array(points),
    disagreement: new Float64Array(points),
  };
  for (let row = 0; row < points; row++) {
    if (Number.isNaN(result.entropy[row])) {
      for (const values of Object.values(result)) values[row] = Number.NaN;
      continue;
    }
    const votes = new Int32Array(classes);
    for (const member of members) {
      const own = { classes, probabilities: member };
      votes[mostProbable(own, row)]++;
      result.expectedEntropy[row] += rowEntropy(own, row) / count;
      for (let i = row * classes; i < (row + 1) * classes; i++) {
        result.aleatoricVariance[row] += (member[i] * (1 - member[i])) / count;
        result.epistemicVariance[row] += (member[i] - probabilities[i]) ** 2 / count;
      }
    }
    for (let i = row * classes; i < (row + 1) * classes; i++) {
      result.totalVariance[row] += probabilities[i] * (1 - probabilities[i]);
    }
    result.mutualInformation[row] = Math.max(0, result.entropy[row] - result.expectedEntropy[row]);
    result.variationRatio[row] = 1 - votes.reduce((most, v) => Math.max(most, v)) / count;
    result.dissent[row] = 1 - votes[mostProbable(averaged, row)] / count;
    const agreeing = votes.reduce((pairs, v) => pairs + v * (v - 1), 0);
    result.disagreement[row] = count === 1 ? 0 : 1 - agreeing / (count * (count - 1));
  }
  return result;
}
