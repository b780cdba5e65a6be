import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readReference, referenceDraws, referenceOf, writeReference } from '../src/reference-file.ts';

describe('the reference that is committed', () => {
  it('says how it was made, and how well its chains agree', async () => {
    const reference = (await readReference(1))!;
    const { chains, rHat, essBulk, rHats, grid, functions, means, stds } = reference;
    expect(chains).toHaveLength(4);
    for (const { draws, acceptance, gradients } of chains) {
      expect(draws).toBeGreaterThan(20);
      expect(acceptance).toBeGreaterThan(0.5);
      expect(gradients).toBeGreaterThan(200 * draws);
    }
    expect(rHat.worst).toBe(Math.max(...rHats));
    // What may stand as a reference at all.
    expect(rHat.worst).toBeLessThan(1.3);
    expect(rHat.median).toBeLessThan(1.1);
    expect(essBulk.median).toBeGreaterThan(50);
    expect([rHats.length, means.length, stds.length]).toEqual([grid.points, grid.points, grid.points]);
    for (const said of functions) expect(said).toHaveLength(grid.points);
    // What was thinned says what all said, as far as its draws go.
    const { members } = referenceDraws(reference);
    for (let i = 0; i < grid.points; i += 10) {
      const mean = members.reduce((sum, said) => sum + said[i] / members.length, 0);
      expect(Math.abs(mean - means[i])).toBeLessThan(0.5 * stds[i]);
    }
  });

  it('is none where none was made', async () => {
    expect(await readReference('another seed')).toBeUndefined();
  });

  it('is written as it is read', async () => {
    const grid = Float64Array.of(0, 1, 2);
    const chain = (shift: number) => ({
      functions: Array.from({ length: 8 }, (_, d) => Float32Array.of(d / 8 + shift, 5, -d)),
      ...{ acceptance: 0.8, stepSize: 1e-3, gradients: 100 },
    });
    const facts = { seed: 5, engine: 'dense', noiseVariance: 0.01, priorStd: 0.1, cpuMinutes: 1 };
    const reference = referenceOf([chain(0), chain(0.01)], facts, grid, 2);
    expect(reference.grid).toEqual({ from: 0, to: 2, points: 2 });
    expect(referenceDraws(reference).members[1]).toEqual([expect.closeTo(0.125, 4), expect.closeTo(-1, 4)]);
    const path = join(mkdtempSync(join(tmpdir(), 'reference-')), 'reference.json');
    await writeReference(path, reference);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(reference);
  });
});
