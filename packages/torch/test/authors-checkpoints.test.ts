import { readFileSync } from 'node:fs';
import { regressionFeatures } from '@subspace/datasets';
import { denseNetwork } from '@subspace/dense';
import { pcaSubspace, swagMoments } from '@subspace/swag';
import { curvePoints, loadStateDict, readTorchCheckpoint, stateDict, swagState } from '@subspace/torch';
import { fileBuffer } from '@subspace/torch/node';
import { describeGolden, readGolden, sharedPath } from '@subspace-internal/testing';
import { expect, it } from 'vitest';

async function readAuthors(name: string) {
  const file = await fileBuffer(sharedPath('data', 'synthetic-regression', `${name}.pt`));
  try {
    return await readTorchCheckpoint(file);
  } finally {
    await file.close();
  }
}

/** The authors' weights as the golden scripts have read them with PyTorch. */
function goldenWeights(name: string): Float32Array {
  const { D, weightsFile } = readGolden('regression-network.json');
  const bytes = readFileSync(sharedPath('golden', weightsFile.file));
  const start = bytes.byteOffset + 4 * D * weightsFile.rows.indexOf(name);
  return new Float32Array(bytes.buffer.slice(start, start + 4 * D));
}

const network = denseNetwork({ sizes: [2, 200, 50, 50, 50, 1] });

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return Math.sqrt(sum);
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

describeGolden('regression-network.json', (golden) => {
  const expectOutputs = (weights: Float32Array, expected: readonly number[]) => {
    const { data } = network.predict(regressionFeatures(golden.xGrid), { weights }) as { data: Float32Array };
    data.forEach((value, i) => {
      expect(Math.abs(value - expected[i])).toBeLessThan(1e-6 * Math.max(1, Math.abs(expected[i])) + 1e-6);
    });
  };

  it.each([1, 2, 3, 4, 5])('sgd_checkpoint%i.pt: weights to the bit, and predictions', async (i) => {
    const { weights } = await loadStateDict(network, stateDict(await readAuthors(`sgd_checkpoint${i}`)));
    expect(weights).toEqual(goldenWeights(`sgd${i}`));
    expectOutputs(weights, golden.outputs[`sgd${i}`].onGrid);
  });

  it.each([0, 1])('swag_checkpoint%i-3000.pt: mean, deviations and variances', async (i) => {
    const state = swagState(network, await readAuthors(`swag_checkpoint${i}-3000`));
    expect([state.rank, state.rows.length]).toEqual([10, 10]);
    expect(state.collected).toBe(999);
    const moments = swagMoments(network.layout, { rank: state.rank });
    moments.restore(state);
    expect(moments.mean()).toEqual(goldenWeights(`swa${i}`));
    expectOutputs(moments.mean(), golden.outputs[`swa${i}`].onGrid);
    if (i > 0) return;
    moments.deviations().forEach((row, k) => {
      expect(row).toEqual(goldenWeights(`deviation${k}`));
    });
    const { basis } = pcaSubspace(moments, { rank: 10 });
    basis.forEach((row, k) => {
      expect(distance(row, goldenWeights(`pcaBasis${k}`))).toBeLessThan(1e-6);
    });
  });

  it('curve.pt: a Bézier curve with end points of its own, in the plane that the goldens have', async () => {
    const { kind, points } = curvePoints(network, await readAuthors('curve'));
    expect([kind, points.length]).toEqual(['bezier', 3]);
    const [start, bend, end] = points;
    const at = (a: number, b: number, c: number) => start.map((w, i) => a * w + b * bend[i] + c * end[i]);
    expectOutputs(start, golden.outputs.curveStart.onGrid);
    expectOutputs(end, golden.outputs.curveEnd.onGrid);
    expectOutputs(at(0.25, 0.5, 0.25), golden.outputs.curveMidpoint.onGrid);
    for (const mean of ['swa0', 'swa1']) {
      expect(distance(start, goldenWeights(mean))).toBeGreaterThan(10);
      expect(distance(end, goldenWeights(mean))).toBeGreaterThan(10);
    }
    expect(distance(start, end)).toBeCloseTo(golden.curve.normU, 4);
    // The plane goes through the end points and the middle of the curve.
    const middle = at(0.25, 0.5, 0.25);
    const mean = start.map((w, i) => (w + middle[i] + end[i]) / 3);
    expect(distance(mean, goldenWeights('curveShift'))).toBeLessThan(1e-5);
    const [along, across] = [end.map((w, i) => w - start[i]), middle.map((w, i) => w - start[i])];
    const share = dot(along, across) / dot(along, along);
    const basis = [along.map((u) => u / Math.sqrt(3)), across.map((v, i) => (v - share * along[i]) / 1.5)];
    basis.forEach((row, k) => {
      expect(distance(row, goldenWeights(`curveBasis${k}`))).toBeLessThan(1e-5);
    });
  });
});
