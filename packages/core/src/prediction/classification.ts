import { argumentError } from '../argument.ts';
import type { Arrays } from '../data/dataset.ts';
import { logSumExp } from '../density/log-sum-exp.ts';
import type { Network } from '../engine/network.ts';
import { type PredictionOptions, predictMembers, requirePrediction } from './predict-members.ts';
import { rowEntropy } from './row-entropy.ts';
import type { WeightSampler } from './weight-sampler.ts';

/** The Bayesian model average of a classifier. N points, C classes; entropies in nats. */
export interface ClassificationPrediction {
  readonly classes: number;
  /** [N, C] row major. */
  readonly probabilities: Float64Array;
  /** Of the averaged probabilities [N]: total uncertainty. */
  readonly entropy: Float64Array;
  /** Mean over members of their entropies [N]: uncertainty of the label. */
  readonly expectedEntropy: Float64Array;
  /** entropy − expectedEntropy ≥ 0 [N]: what the data leave open about the network. */
  readonly mutualInformation: Float64Array;
  /** Each member's probabilities [N, C]. */
  readonly members?: readonly Float64Array[];
}

/**
 * The Bayesian model average of a classifier, streamed over weight samples: of a network with a logit for each class, or with the one of class 1 (two
 * classes, of `binaryLikelihood`). Where a model ends in softmax or sigmoid, these are what goes into it.
 *
 * @param inputs [N, …]
 * @throws on weights of another network, batch norm without the choice of `refresh`, or a logit that is not finite
 * @see Izmailov et al. (2019), Equation (4); Depeweg et al. (2018) for the decomposition of entropy
 */
export async function predictClassification(
  network: Network,
  sampler: WeightSampler,
  inputs: Arrays,
  options: PredictionOptions,
): Promise<ClassificationPrediction> {
  requirePrediction('predictClassification', network, options);
  const { keepMembers = false } = options;
  const members: Float64Array[] = [];
  let probabilities = new Float64Array(0);
  let expectedEntropy = new Float64Array(0);
  let classes = 0;
  let count = 0;

  for await (const { data, shape } of predictMembers(
    'predictClassification',
    network,
    sampler,
    inputs,
    options,
    true,
  )) {
    const rows = shape[0];
    const logits = data.length === rows ? againstZero(data) : data;
    classes = logits.length / rows;
    if (count === 0) [probabilities, expectedEntropy] = [new Float64Array(logits.length), new Float64Array(rows)];
    count++;
    const member = softmaxRows(logits, classes, count - 1);
    for (let i = 0; i < logits.length; i++) probabilities[i] += (member[i] - probabilities[i]) / count;
    for (let row = 0; row < rows; row++)
      expectedEntropy[row] += (rowEntropy({ classes, probabilities: member }, row) - expectedEntropy[row]) / count;
    if (keepMembers) members.push(member);
  }
  if (count === 0) throw argumentError('predictClassification', 'the sampler has no weights, expected at least one');
  const entropy = expectedEntropy.map((_, row) => rowEntropy({ classes, probabilities }, row));
  return {
    classes,
    probabilities,
    entropy,
    expectedEntropy,
    mutualInformation: entropy.map((total, row) => Math.max(0, total - expectedEntropy[row])),
    ...(keepMembers && { members }),
  };
}

/** Logits of class 1 as those of two classes: that of class 0 is 0. */
function againstZero(logits: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: 2 * logits.length }, (_, i) => (i % 2 === 0 ? 0 : logits[i >> 1]));
}

function softmaxRows(logits: ArrayLike<number>, classes: number, sample: number): Float64Array {
  const probabilities = new Float64Array(logits.length);
  const row = new Float64Array(classes);
  for (let start = 0; start < logits.length; start += classes) {
    for (let c = 0; c < classes; c++) row[c] = logits[start + c];
    const normaliser = logSumExp(row);
    if (!Number.isFinite(normaliser)) {
      const point = start / classes;
      throw argumentError(
        'predictClassification',
        `sample ${sample} has logits ${row.join(', ')} at point ${point}, expected finite numbers`,
      );
    }
    for (let c = 0; c < classes; c++) probabilities[start + c] = Math.exp(row[c] - normaliser);
  }
  return probabilities;
}
