import { argumentError } from '@subspace/core/internals';

/** Throws unless vᵀ·A·v is finite: a network whose derivatives overflow has no spectrum. */
export function requireFiniteForm(where: string, form: number): void {
  if (Number.isFinite(form)) return;
  throw argumentError(
    where,
    `the curvature along a direction is ${form}, expected a finite number; smaller weights may do`,
  );
}
