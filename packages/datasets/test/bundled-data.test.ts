import { concrete } from '@subspace/datasets/concrete';
import { energy } from '@subspace/datasets/energy';
import { loadUci } from '@subspace/datasets/node';
import { yacht } from '@subspace/datasets/yacht';
import { sharedIsThere, sharedPath } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';

const SETS = { concrete, energy, yacht };

describe.each(Object.entries(SETS))('%s', (name, load) => {
  it('has names, whom to cite, and new arrays at every call', () => {
    const { inputs, targets, featureNames, targetName, attribution } = load();
    expect(featureNames.length).toBe(inputs.shape[1]);
    expect(targets.shape).toEqual([inputs.shape[0], 1]);
    expect(targetName).not.toBe('');
    expect(attribution).toMatch(/10\.24432\/C5.*CC BY 4\.0/);
    inputs.data.fill(0);
    expect(load().inputs.data[0]).not.toBe(0);
  });

  it.skipIf(!sharedIsThere)('equals the original file and its splits, number for number', async () => {
    const file = await loadUci(name, { root: sharedPath('data', 'uci-small') });
    const bundled = await loadUci(name);
    expect(bundled.source).toBe('bundled');
    expect(Float32Array.from(bundled.inputs.data)).toEqual(Float32Array.from(file.inputs.data));
    expect(Float32Array.from(bundled.targets.data)).toEqual(Float32Array.from(file.targets.data));
    expect(bundled.splits).toEqual(file.splits);
  });
});
