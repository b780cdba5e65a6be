import { memoryStore, weightLayout } from '@subspace/core';
import { bezierCurve, loadCurve, polygonalCurve, saveCurve } from '@subspace/curves';
import { bits } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { goldenBends, goldenLayout } from './golden-bends.ts';

describe('a curve file', () => {
  it.each([bezierCurve, polygonalCurve])('gives back the curve bit for bit: %o', async (through) => {
    for (const options of [{}, { layout: goldenLayout }]) {
      const curve = through(goldenBends(4), options);
      const store = memoryStore();
      await saveCurve(store, curve);
      const loaded = await loadCurve(store);
      expect(loaded.kind).toBe(curve.kind);
      expect(bits(loaded.points)).toBe(bits(curve.points));
      expect(loaded.layout).toEqual(curve.layout);
      expect((await loadCurve(store, { layout: goldenLayout })).layout).toBe(goldenLayout);
    }
  });

  it('says that it holds ends and bends', async () => {
    const store = memoryStore();
    await saveCurve(store, bezierCurve(goldenBends(4)));
    const chunks: Uint8Array[] = [];
    for await (const chunk of (await store.read('curve'))!) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('latin1');
    for (const name of ['start', 'bends', 'end']) expect(text).toContain(`\\"${name}\\":`);
    expect(text).not.toContain('points');
  });

  it('is refused by another network, and where there is none', async () => {
    const store = memoryStore();
    await expect(loadCurve(store)).rejects.toThrow('loadCurve: the store has no curve, expected what saveCurve wrote');
    await saveCurve(store, bezierCurve(goldenBends(3), { layout: goldenLayout }));
    const layout = weightLayout([{ name: 'w', shape: [93] }]);
    await expect(loadCurve(store, { layout })).rejects.toThrow(
      'loadCurve: the curve has linear0.weight [7, 4] as tensor 0',
    );
    const unnamed = memoryStore();
    await saveCurve(unnamed, bezierCurve(goldenBends(3)));
    const small = weightLayout([{ name: 'w', shape: [2] }]);
    await expect(loadCurve(unnamed, { layout: small })).rejects.toThrow('points[0] has length 93, expected 2');
    await expect(saveCurve({} as never, bezierCurve(goldenBends(3)))).rejects.toThrow('saveCurve: store is no store');
    await expect(saveCurve(store, undefined as never)).rejects.toThrow('saveCurve: curve is undefined');
  });
});
