import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Network } from '@subspace/core';
import { argumentError } from '@subspace/core/internals';
import { bezierCurve, type Curve } from '@subspace/curves';
import { swagMoments, type WeightMoments } from '@subspace/swag';
import {
  curvePoints,
  loadStateDict,
  readTorchCheckpoint,
  stateDict,
  swagState,
  type TorchObject,
} from '@subspace/torch';
import { fileBuffer } from '@subspace/torch/node';

/** Weights of a folder. */
interface ReadWeights {
  /** Of each run of SGD, its last. */
  readonly trained: readonly Float32Array[];
  /** Of each run of SWAG. */
  readonly moments: readonly WeightMoments[];
  /** Between two runs. */
  readonly curve?: Curve;
}

/**
 * What others have trained with PyTorch, as the paper's repository has it: `sgd*.pt`, `swag*.pt`, and `curve.pt`, if there is one.
 *
 * @throws where one of the first two is missing, is not read, or is of another network
 */
export async function readCheckpoints(network: Network, folder: string): Promise<ReadWeights> {
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
  const moments: WeightMoments[] = [];
  for (const name of swag) {
    const state = swagState(network, await readFileOf(folder, name));
    const read = swagMoments(network.layout, { rank: state.rank });
    read.restore(state);
    moments.push(read);
  }
  return {
    trained,
    moments,
    ...(names.includes('curve.pt') && { curve: curveOf(network, await readFileOf(folder, 'curve.pt')) }),
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

/** A curve with one bend. */
function curveOf(network: Network, file: TorchObject): Curve {
  const { kind, points } = curvePoints(network, file);
  if (kind !== 'bezier' || points.length !== 3)
    throw argumentError(
      '--checkpoints',
      `curve.pt is a ${kind} of ${points.length} points, expected a Bézier curve of 3`,
    );
  return bezierCurve(points, { layout: network.layout });
}
