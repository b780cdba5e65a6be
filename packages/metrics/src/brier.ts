import { requireCount, requireKnownOptions } from '@subspace/core/internals';
import { between, equalWidthEdges } from './bins.ts';
import { type Probabilities, readLabelled } from './probabilities.ts';

/**
 * Brier score: mean over points of Σ_c (p_c − [label = c])², from 0 to 2.
 *
 * @param prediction probabilities [N, C] row major
 * @param labels [N], from 0 to C − 1
 * @throws on different lengths, no labels, a label out of range, or rows that are not probabilities
 * @see Brier (1950), "Verification of forecasts expressed in terms of probability"
 * @example
 * ```ts
 * import { brierScore } from '@subspace/metrics';
 *
 * brierScore({ classes: 2, probabilities: [0.5, 0.5] }, [1]); // 0.5
 * ```
 */
export function brierScore(prediction: Probabilities, labels: ArrayLike<number>): number {
  const { classes, probabilities } = readLabelled('brierScore', prediction, labels);
  let sum = 0;
  for (let i = 0; i < probabilities.length; i++) {
    sum += (probabilities[i] - (labels[Math.floor(i / classes)] === i % classes ? 1 : 0)) ** 2;
  }
  return sum / labels.length;
}

/** The parts of a Brier score: reliability − resolution + uncertainty + withinBins. */
export interface BrierDecomposition {
  /** How far forecasts are from the frequencies of what they forecast: calibration error, squared. Smaller is better. */
  readonly reliability: number;
  /** How far those frequencies are from the base rates. Larger is better. */
  readonly resolution: number;
  /** Σ_c f_c·(1 − f_c) of the base rates f: the score of forecasting them. */
  readonly uncertainty: number;
  /** What binning hides: spread of the forecasts in a bin less twice their covariance with what happens. 0 if the forecasts of a bin are equal. */
  readonly withinBins: number;
}

/**
 * Murphy's decomposition of the Brier score, over bins of each class's probability.
 *
 * @param prediction probabilities [N, C] row major
 * @param labels [N], from 0 to C − 1
 * @param options `bins` of equal width, (lo, hi]; default 15
 * @returns parts that sum to `brierScore` exactly
 * @throws on different lengths, no labels, a label out of range, or rows that are not probabilities
 * @see Murphy (1973), "A new vector partition of the probability score"; Stephenson, Coelho & Jolliffe (2008) for the part within bins
 * @example
 * ```ts
 * import { brierDecomposition } from '@subspace/metrics';
 *
 * // Forecasts of 0.8 that come true as often: no reliability part.
 * const probabilities = [0.8, 0.2, 0.8, 0.2, 0.8, 0.2, 0.8, 0.2, 0.8, 0.2];
 * brierDecomposition({ classes: 2, probabilities }, [0, 0, 0, 0, 1]); // reliability 0, uncertainty 0.32
 * ```
 */
export function brierDecomposition(
  prediction: Probabilities,
  labels: ArrayLike<number>,
  options: { readonly bins?: number } = {},
): BrierDecomposition {
  requireKnownOptions('brierDecomposition', options, ['bins']);
  const { bins = 15 } = options;
  requireCount('brierDecomposition', 'bins', bins);
  const { classes, probabilities, broken } = readLabelled('brierDecomposition', prediction, labels);
  const points = labels.length;
  let [reliability, resolution, uncertainty, withinBins] = Array<number>(4).fill(broken ? Number.NaN : 0);
  for (let c = 0; c < classes && !broken; c++) {
    const members: number[][] = Array.from({ length: bins }, () => []);
    const ofClass = Float64Array.from({ length: points }, (_, i) => probabilities[i * classes + c]);
    between(ofClass, equalWidthEdges(bins)).forEach((bin, i) => {
      members[bin].push(i);
    });
    const forecast = (i: number): number => ofClass[i];
    const outcome = (i: number): number => (labels[i] === c ? 1 : 0);
    const rate = average(Array.from({ length: points }, (_, i) => outcome(i)));
    uncertainty += rate * (1 - rate);
    for (const bin of members) {
      if (bin.length === 0) continue;
      const weight = bin.length / points;
      const meanForecast = average(bin.map(forecast));
      const frequency = average(bin.map(outcome));
      reliability += weight * (meanForecast - frequency) ** 2;
      resolution += weight * (frequency - rate) ** 2;
      withinBins +=
        weight *
        average(
          bin.map((i) => (forecast(i) - meanForecast) * (forecast(i) - meanForecast - 2 * (outcome(i) - frequency))),
        );
    }
  }
  return { reliability, resolution, uncertainty, withinBins };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
