import { randomSource } from '@subspace/core';
import { denseNetwork } from '@subspace/dense';
import { subspaceClassifier } from '@subspace/estimators';
import { describe, expect, it } from 'vitest';
import { classifierParts, quick } from './quick-parts.ts';

/** Three clouds in the plane. */
function clouds(count: number, seed: number) {
  const random = randomSource(seed);
  const names = ['rose', 'lily', 'tulip'];
  return Array.from({ length: count }, (_, i) => {
    const angle = (2 * Math.PI * (i % 3)) / 3;
    return {
      a: 2 * Math.cos(angle) + random.normal(),
      b: 2000 * Math.sin(angle) + 1000 * random.normal(),
      kind: names[i % 3],
    };
  });
}
const train = clouds(150, 1);
const test = clouds(300, 2);

describe('subspaceClassifier', () => {
  it('names classes as they were named, and is as sure as it is right', async () => {
    const model = subspaceClassifier({ ...classifierParts, ...quick, training: { epochs: 200 } });
    await model.fit(train, 'kind', { seed: 1 });
    expect(model.labels).toEqual(['lily', 'rose', 'tulip']);
    const { labels, probabilities, classes } = await model.predict(test);
    expect(classes).toBe(3);
    const right = labels.filter((label, i) => label === test[i].kind).length / test.length;
    const sure =
      labels.reduce<number>((sum, label, i) => sum + probabilities[3 * i + model.labels.indexOf(label)], 0) /
      test.length;
    expect(right).toBeGreaterThan(0.88);
    expect(Math.abs(right - sure)).toBeLessThan(0.07);
    const sets = await model.predictSet(test, { coverage: 0.9 });
    expect(sets.every((set, i) => set[0] === labels[i])).toBe(true);
    const inside = sets.filter((set, i) => set.includes(test[i].kind)).length / test.length;
    expect(inside).toBeGreaterThan(0.88);
    expect(model.report()).toContain('150 rows of 2 inputs, 3 classes');
    model.dispose();
  });

  it('takes one output for two classes, of any names', async () => {
    const rows = train.map(({ a, b }) => [a, b]);
    const model = subspaceClassifier({
      ...classifierParts,
      ...quick,
      network: ({ inputs, seed }) => denseNetwork({ sizes: [inputs, 10, 1], seed, threads: 1 }),
    });
    const { likelihood } = await model.fit(
      rows,
      train.map(({ kind }) => kind === 'rose'),
      { seed: 1 },
    );
    expect(likelihood.kind).toBe('binary');
    expect(model.labels).toEqual([false, true]);
    expect(
      (
        await model.predict([
          [2, 0],
          [-2, 0],
        ])
      ).labels,
    ).toEqual([true, false]);
    model.dispose();
  });

  it('orders numbers by size, and draws classes as often as they are probable', async () => {
    const rows = train.map(({ a, b }) => [a, b]);
    const model = subspaceClassifier({ ...classifierParts, ...quick });
    await model.fit(
      rows,
      train.map((_, i) => [10, 9, 100][i % 3]),
      { seed: 1 },
    );
    expect(model.labels).toEqual([9, 10, 100]);
    const { probabilities } = await model.predict([[0, 0]]);
    const draws = await model.sample([[0, 0]], { count: 3000, seed: 1 });
    model.labels.forEach((label, c) => {
      const share = draws.filter(([drawn]) => drawn === label).length / 3000;
      expect(Math.abs(share - probabilities[c])).toBeLessThan(4 * Math.sqrt(0.25 / 3000));
    });
    model.dispose();
  });

  it('holds classes out in proportion, and keeps a rare one for training', async () => {
    const rows = train.slice(0, 60).map(({ a, b }) => [a, b]);
    const kinds = rows.map((_, i) => (i === 7 ? 'rare' : i % 2 ? 'one' : 'two'));
    const model = subspaceClassifier({
      ...classifierParts,
      ...quick,
      temperature: 5,
      inner: { fraction: 0.2, splits: 3 },
    });
    const { inner } = await model.fit(rows, kinds, { seed: 1 });
    for (const { split } of inner) {
      expect(split.train).toContain(7);
      const ones = [...split.heldOut].filter((row) => kinds[row] === 'one').length;
      expect(Math.abs(ones - 6)).toBeLessThanOrEqual(1);
    }
    model.dispose();
  });

  it('rejects labels that are none', async () => {
    const model = subspaceClassifier({ ...classifierParts, ...quick });
    const rows = [[0], [1], [2]];
    await expect(model.fit(rows, ['a', 'a', 'a'])).rejects.toThrow(
      'targets has one class only ("a"), expected at least two',
    );
    await expect(model.fit(rows, ['a', '', 'b'])).rejects.toThrow('targets[1] is missing ("")');
    await expect(model.fit(rows, ['a', 1, 'b'])).rejects.toThrow(
      'targets[1] is 1, expected a string as the first label',
    );
    await expect(model.fit(rows, undefined as never)).rejects.toThrow(
      'targets is undefined, expected a list of labels',
    );
    await expect(model.fit(rows, ['a', 'b'])).rejects.toThrow('targets have 2 rows, expected 3 as the inputs');
    await expect(model.fit(rows, [{} as never, 'b', 'a'])).rejects.toThrow('targets[0] is Object');
    expect(() => model.labels).toThrow('the model has not been fitted');
    const narrow = subspaceClassifier({
      ...classifierParts,
      ...quick,
      network: () => denseNetwork({ sizes: [1, 2], threads: 1 }),
    });
    await expect(narrow.fit(rows, ['a', 'b', 'c'])).rejects.toThrow('network has 2 outputs, expected 3 for 3 classes');
  });
});
