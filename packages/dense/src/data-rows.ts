import type { Arrays, Likelihood } from '@subspace/core';
import { argumentError } from '@subspace/core/internals';
import { type Features, mapRow } from './features.ts';
import type { MemoryPlan, Workspace } from './kernels/workspace.ts';
import { padded } from './weight-order.ts';

/** Rows at hand: inputs and targets in the order of the data set, or of a batch. */
export interface Rows {
  readonly inputs: Arrays;
  readonly targets?: Arrays;
  readonly rowWeights?: Float32Array;
}

/** What a network takes in: mapped inputs, and of the raw ones how many (undefined: any number). */
export interface InputMap {
  readonly width: number;
  readonly raw: number | undefined;
  readonly features?: Features;
}

/** @throws unless rows of inputs are what the network takes in */
export function requireInputShape(where: string, { raw, width }: InputMap, shape: readonly number[]): void {
  const length = shape.slice(1).reduce((product, axis) => product * axis, 1);
  if (shape.length >= 1 && (raw === undefined || length === raw)) return;
  throw argumentError(where, `inputs have shape [${shape.join(', ')}], expected [N, ${raw ?? width}]`);
}

/**
 * Columns of targets that the kernels keep, for a likelihood on a network with so many outputs.
 *
 * @throws if outputs, targets and likelihood do not go together, or a label is out of range
 */
export function requireTargets(
  where: string,
  outputs: number,
  targetShape: readonly number[],
  likelihood: Likelihood,
): number {
  const width = targetShape.reduce((product, axis) => product * axis, 1);
  const { kind } = likelihood;
  if (kind === 'categorical' || kind === 'binary') {
    if (width !== 1) {
      const problem = `targets have shape [N, ${targetShape}], expected labels [N]: one-hot? give class numbers`;
      throw argumentError(where, problem);
    }
    if (kind === 'categorical' ? outputs < 2 : outputs !== 1) {
      const expected = kind === 'categorical' ? '2 or more, a logit for each class' : '1, the logit of class 1';
      const other = kind === 'categorical' ? 'binaryLikelihood' : 'categoricalLikelihood';
      throw argumentError(where, `the network has ${outputs} outputs, expected ${expected} (else: ${other})`);
    }
    return 1;
  }
  const expected = kind === 'gaussian' ? width : kind === 'heteroscedastic-gaussian' ? 2 * width : outputs;
  if (outputs !== expected) {
    throw argumentError(
      where,
      `the network has ${outputs} outputs, expected ${expected} for the ${kind} likelihood of ${width} ${width === 1 ? 'target' : 'targets'}`,
    );
  }
  return width;
}

/** Rows in the kernels' memory: inputs [N, ldx], target planes, weights. */
export interface PlacedRows {
  readonly x: number;
  readonly y: number;
  readonly yStride: number;
  readonly rowWeights: number;
  readonly capacity: number;
}

export function planRows(
  plan: MemoryPlan,
  capacity: number,
  parts: { width: number; targets: number; weighted: boolean },
): PlacedRows {
  // Kernels read, but do not use, a few rows beyond the last.
  const rows = padded(capacity) + 8;
  return {
    x: plan.floats(rows * padded(parts.width)),
    y: plan.floats(Math.max(1, parts.targets) * rows),
    yStride: rows,
    rowWeights: parts.weighted ? plan.floats(rows) : 0,
    capacity,
  };
}

/** Writes rows, mapped, to where they were planned. */
export function placeRows(
  where: string,
  space: Workspace,
  { x, y, yStride, rowWeights }: PlacedRows,
  rows: Rows,
  { width, features }: InputMap,
  likelihood?: Likelihood,
  classes?: number,
): void {
  const { data, shape } = rows.inputs;
  const count = shape[0];
  const raw = data.length / count;
  const ldx = padded(width);
  const row = features && new Float32Array(raw);
  for (let r = 0, from = 0, to = x / 4; r < count; r++, from += raw, to += ldx) {
    if (features && row) {
      for (let j = 0; j < raw; j++) row[j] = data[from + j];
      space.floats.set(mapRow(where, features, row, width), to);
    } else for (let j = 0; j < raw; j++) space.floats[to + j] = data[from + j];
  }
  if (rowWeights && rows.rowWeights) space.floats.set(rows.rowWeights, rowWeights / 4);
  if (!rows.targets) return;
  const targets = rows.targets.data;
  const columns = targets.length / count;
  if (likelihood?.kind === 'categorical') {
    for (let r = 0; r < count; r++) {
      if (!(Number.isInteger(targets[r]) && targets[r] >= 0 && targets[r] < classes!)) {
        throw argumentError(where, `targets[${r}] is ${targets[r]}, expected a class from 0 to ${classes! - 1}`);
      }
      space.words[y / 4 + r] = targets[r];
    }
    return;
  }
  for (let r = 0; r < count && likelihood?.kind === 'binary'; r++) {
    if (targets[r] !== 0 && targets[r] !== 1) {
      throw argumentError(where, `targets[${r}] is ${targets[r]}, expected 0 or 1`);
    }
  }
  for (let r = 0; r < count; r++) {
    for (let m = 0; m < columns; m++) space.floats[y / 4 + m * yStride + r] = targets[r * columns + m];
  }
}
