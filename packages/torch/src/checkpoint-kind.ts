import { argumentError } from '@subspace/core/internals';
import type { StateDict } from './state-dict.ts';

/** Whether these are moments of SWAG: of the SWAG repository, or of the subspace inference one. */
export function isSwag(dict: StateDict): boolean {
  return dict.has('n_models') && [...dict.keys()].some((name) => name === 'sq_mean' || name.endsWith('_sq_mean'));
}

/** Whether these are the points of a curve of dnn-mode-connectivity. */
export function isCurve(dict: StateDict): boolean {
  return dict.has('coeff_layer.range');
}

/** Throws at what is no weights of one model. */
export function requireOtherKind(where: string, dict: StateDict): void {
  if (isSwag(dict)) {
    throw argumentError(
      where,
      'the file has moments of SWAG, expected the weights of a model (checkpoint-N.pt beside swag-N.pt); moments are read by swagState',
    );
  }
  if (isCurve(dict)) {
    throw argumentError(
      where,
      'the file has the points of a curve, expected the weights of a model; curves are read by curvePoints',
    );
  }
}
