import { argumentError } from '../argument.ts';
import { logSumExp } from '../density/log-sum-exp.ts';
import type { Likelihood } from './likelihood.ts';

/**
 * The Fisher information of one row's outputs, [M, M] row major: 1/σ² · I | diag(1/v, 1/(2v²)) | diag(p) − ppᵀ | p(1 − p).
 *
 * @throws at a custom likelihood, whose derivatives nobody knows
 */
export function outputInformation(likelihood: Likelihood, outputs: ArrayLike<number>): Float64Array {
  const width = outputs.length;
  const information = new Float64Array(width * width);
  switch (likelihood.kind) {
    case 'gaussian':
      for (let m = 0; m < width; m++) information[m * width + m] = 1 / likelihood.variance;
      return information;
    case 'heteroscedastic-gaussian':
      for (let m = 0; m < width / 2; m++) {
        const v = m + width / 2;
        information[m * width + m] = 1 / outputs[v];
        information[v * width + v] = 1 / (2 * outputs[v] * outputs[v]);
      }
      return information;
    case 'binary': {
      const p = 1 / (1 + Math.exp(-outputs[0]));
      information[0] = p * (1 - p);
      return information;
    }
    case 'categorical': {
      const total = logSumExp(Float64Array.from(outputs));
      const p = Float64Array.from(outputs, (logit) => Math.exp(logit - total));
      for (let a = 0; a < width; a++) {
        for (let b = 0; b < width; b++) information[a * width + b] = (a === b ? p[a] : 0) - p[a] * p[b];
      }
      return information;
    }
    default:
      throw argumentError('gaussNewton', 'likelihood is a custom one, expected one whose derivatives are known');
  }
}
