import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Network, Subspace } from '@subspace/core';
import { argumentError } from '@subspace/core/internals';
import { bezierCurve, curveSubspace } from '@subspace/curves';
import { swagMoments } from '@subspace/swag';
import {
  curvePoints,
  loadStateDict,
  readTorchCheckpoint,
  stateDict,
  swagState,
  type TorchObject,
} from '@subspace/torch';
import { fileBuffer } from '@subspace/torch/node';
import type { Solutions } from './solutions.ts';

/**
 * What others have trained with PyTorch, as the paper's repository has it: `sgd*.pt`, `swag*.pt`, of which the first is used, and `curve.pt`, if there is one.
 *
 * @throws where one of the first two is missing, is not read, or is of another network
 */
export async function readCheckpoints(network: Network, folder: string): Promise<Solutions> {
  const started = performance.now();
  const names = await filesOf(folder);
  const named = (kind: string) => names.filter((name) => name.startsWith(kind) && name.endsWith('.pt'));
  const [sgd, swag] = ['sgd', 'swag'].map((kind) => {
    const found = named(kind);
    if (found.length === 0) throw argumentError('--checkpoints', `${folder} has no ${kind}*.pt, expected at least one`);
    return found;
  });
  const trained: Float32Array[] = [];
  for (const name of sgd)
    trained.push((await loadStateDict(network, stateDict(await readFileOf(folder, name)))).weights);
  const state = swagState(network, await readFileOf(folder, swag[0]));
  const moments = swagMoments(network.layout, { rank: state.rank });
  moments.restore(state);
  const unused = swag
    .slice(1)
    .map((name) => `${name} is not used: SWA, SWAG and the PCA subspace are those of ${swag[0]}.`);
  return {
    trained,
    moments,
    ...(names.includes('curve.pt') && { curve: curvePlane(network, await readFileOf(folder, 'curve.pt')) }),
    from: `The weights of ${folder}, trained with PyTorch and read`,
    seconds: (performance.now() - started) / 1000,
    notes: unused,
  };
}

/** The names in a folder, in order; an option's error where there is none. */
async function filesOf(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: Error) => {
    throw argumentError('--checkpoints', `${folder} can't be read (${error.message}), expected a folder of .pt files`);
  });
  return names.sort();
}

async function readFileOf(folder: string, name: string): Promise<TorchObject> {
  const file = await fileBuffer(join(folder, name));
  try {
    return await readTorchCheckpoint(file);
  } finally {
    await file.close();
  }
}

/** The plane of a curve with one bend. */
function curvePlane(network: Network, file: TorchObject): Subspace {
  const { kind, points } = curvePoints(network, file);
  if (kind !== 'bezier' || points.length !== 3)
    throw argumentError(
      '--checkpoints',
      `curve.pt is a ${kind} of ${points.length} points, expected a Bézier curve of 3`,
    );
  return curveSubspace(network.layout, bezierCurve(points));
}
