import type { CheckpointStore } from '@subspace/core';
import { type FittedCurve, fitCurve } from '@subspace/curves';
import { curveOptions, sineData, smallNetwork } from './solutions.ts';

/** A curve of forty epochs, from and into a store. */
export async function resumableCurve(store?: CheckpointStore, onEpoch?: () => void): Promise<FittedCurve> {
  const network = smallNetwork();
  try {
    const options = await curveOptions({ bends: 2, epochs: 40, onEpoch });
    return await fitCurve(network, sineData(), {
      ...options,
      ...(store && { checkpoint: { store, every: 1, resume: true } }),
    });
  } finally {
    network.dispose();
  }
}
