import { denseNetwork } from '@subspace/dense';
import { curvePoints, type TorchObject } from '@subspace/torch';
import { describe, expect, it } from 'vitest';

const tensor = (shape: readonly number[], ...data: number[]) => ({ shape, data: Float32Array.from(data) });
const curve = (changes: Readonly<Record<string, unknown>> = {}): Map<string, unknown> =>
  new Map(
    Object.entries({
      'coeff_layer.binom': tensor([3], 1, 2, 1),
      'coeff_layer.range': tensor([3], 0, 1, 2),
      ...Object.fromEntries(
        [0, 1, 2].flatMap((k) => [
          [`net.block_1.fc.weight_${k}`, tensor([1, 2], 10 * k, 10 * k + 1)],
          [`net.block_1.fc.bias_${k}`, tensor([1], 10 * k + 2)],
        ]),
      ),
      'net.bn.running_mean': tensor([1], 0),
      ...changes,
    }),
  );
const linear = denseNetwork({ sizes: [2, 1] });

describe('curvePoints', () => {
  it('gives the bends in order, of a Bézier curve and of a polygon', () => {
    const { kind, points } = curvePoints(
      linear,
      new Map([
        ['epoch', 3],
        ['model_state', curve()],
      ] as never) as TorchObject,
    );
    expect(kind).toBe('bezier');
    expect(points.map((point) => [...point])).toEqual([
      [0, 1, 2],
      [10, 11, 12],
      [20, 21, 22],
    ]);
    const polygon = curve();
    polygon.delete('coeff_layer.binom');
    expect(curvePoints(linear, polygon).kind).toBe('polygon');
  });

  it.each([
    [new Map([['fc.weight', tensor([1, 2], 1, 2)]]), 'the file has no coeff_layer.range, expected a curve'],
    [curve({ 'net.fc.weight_3': tensor([1], 0) }), 'the file has net.fc.weight_3 of 3 points, expected no more'],
    [curve({ 'net.fc.weight_2': tensor([1], 0) }), 'point 2 has other tensors than point 0, expected the same'],
    [curve({ 'net.block_1.fc.bias_1': undefined }), 'point 1 has other tensors than point 0: block_1.fc.bias'],
  ])('case %#', (object, message) => {
    expect(() => curvePoints(linear, object)).toThrow(message);
  });

  it('of another network', () => {
    expect(() => curvePoints(denseNetwork({ sizes: [1, 1] }), curve())).toThrow('does not fit the network');
    expect(() => curvePoints(linear, curve(), { maps: {} } as never)).toThrow('curvePoints: option maps is unknown');
  });
});
