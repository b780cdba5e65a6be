import {
  activeClassificationTask,
  activeLearningTask,
  adversarialTask,
  densityTask,
  mmdTask,
  type TaskStepsOptions,
} from '@subspace/uci';
import { describe, expect, it } from 'vitest';
import { linearModel } from './linear-model.ts';

const size = 400;
const numbers = (value: (i: number) => number, count = size) =>
  Float64Array.from({ length: count }, (_, i) => value(i));
const dataset = {
  name: 'toy',
  inputs: { data: numbers((i) => (i * 37) % 101, 2 * size), shape: [size, 2] },
  targets: { data: numbers((i) => (i * 53) % 97), shape: [size] },
};
const classes = { ...dataset, targets: { data: numbers((i) => i % 2), shape: [size] } };
const fair = {
  fit: () => {},
  predict: ({ shape: [rows] }: { shape: readonly number[] }) => ({
    classes: 2,
    probabilities: new Float64Array(2 * rows).fill(0.5),
  }),
};
const common = () => ({ dataset, split: 1, model: linearModel() });

const TASKS: Readonly<Record<string, readonly [steps: number, run: (options: TaskStepsOptions) => Promise<unknown>]>> =
  {
    activeLearningTask: [3, (options) => activeLearningTask({ ...common(), iterations: 3, ...options })],
    activeClassificationTask: [
      3,
      (options) => activeClassificationTask({ dataset: classes, split: 1, model: fair, iterations: 3, ...options }),
    ],
    adversarialTask: [2, (options) => adversarialTask({ ...common(), epsilons: [0.1], ...options })],
    densityTask: [40, (options) => densityTask({ ...common(), draws: 100, seed: 1, ...options })],
    mmdTask: [40 * 11, (options) => mmdTask({ ...common(), draws: 5, seed: 1, ...options })],
  };

describe.each(Object.entries(TASKS))('%s', (name, [steps, run]) => {
  it('tells of its steps, up to the last one', async () => {
    const seen: { step: number; of: number }[] = [];
    await run({ onProgress: (progress) => seen.push(progress) });
    expect(seen.at(-1)).toEqual({ step: steps, of: steps });
    for (let i = 1; i < seen.length; i++) expect(seen[i].step).toBeGreaterThan(seen[i - 1].step);
  });

  it('does not begin when it is cancelled before, and stops when it is cancelled on the way', async () => {
    const stop = new AbortController();
    const onTheWay = run({ signal: stop.signal, onProgress: () => stop.abort('enough') });
    await expect(onTheWay).rejects.toMatchObject({ code: 'ABORTED', message: `${name}: cancelled`, cause: 'enough' });
    await expect(run({ signal: stop.signal })).rejects.toMatchObject({ code: 'ABORTED', step: 0 });
  });
});
