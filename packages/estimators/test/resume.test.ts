import { memoryStore } from '@subspace/core';
import {
  type EstimatorProgress,
  loadClassifier,
  loadRegressor,
  subspaceClassifier,
  subspaceRegressor,
} from '@subspace/estimators';
import { describe, expect, it } from 'vitest';
import { classifierParts, parts, quick, sine } from './quick-parts.ts';

const { x, y } = sine(60, 1);

describe('a fit that is stopped', () => {
  it.each(['inner-1 stopping', 'all exploration', 'temperature', 'sampling'])(
    'in stage %s goes on from there, with the numbers of one that was not',
    async (stage) => {
      const options = { ...parts, ...quick };
      const whole = subspaceRegressor(options);
      await whole.fit(x, y, { seed: 1 });

      const store = memoryStore();
      const stop = { aborted: false };
      const stopped = subspaceRegressor(options);
      const onProgress = (progress: EstimatorProgress) => {
        if (progress.stage === stage) stop.aborted = true;
      };
      await expect(
        stopped.fit(x, y, { seed: 1, signal: stop, onProgress, checkpoint: { store } }),
      ).rejects.toMatchObject({
        code: 'ABORTED',
      });

      const stages: string[] = [];
      await stopped.fit(x, y, {
        seed: 1,
        checkpoint: { store, resume: true },
        onProgress: (p) => stages.push(p.stage),
      });
      expect(await stopped.predict([0, 1])).toEqual(await whole.predict([0, 1]));
      expect(stopped.report()).toBe(whole.report());
      whole.dispose();
      stopped.dispose();
    },
  );

  it('goes on among the draws that were added because chains did not agree, and again when it had ended', async () => {
    const options = { ...parts, ...quick, temperature: 10, sampling: { draws: 10, mostDraws: 80, warmup: 20 } };
    const whole = subspaceRegressor(options);
    const { draws } = await whole.fit(x, y, { seed: 1 });
    expect(draws.positions[0].length).toBeGreaterThan(20);

    const store = memoryStore();
    const stop = { aborted: false };
    const stopped = subspaceRegressor(options);
    const onProgress = ({ stage, of }: EstimatorProgress) => {
      if (stage === 'sampling' && of > 4 * (20 + 10)) stop.aborted = true;
    };
    await expect(stopped.fit(x, y, { seed: 1, signal: stop, onProgress, checkpoint: { store } })).rejects.toMatchObject(
      { code: 'ABORTED' },
    );
    for (let times = 0; times < 2; times++) {
      const resumed = await stopped.fit(x, y, { seed: 1, checkpoint: { store, resume: true } });
      expect(resumed.draws.positions).toEqual(draws.positions);
    }
    const anew = await stopped.fit(x, y, { seed: 1, checkpoint: { store } });
    expect(anew.draws.positions).toEqual(draws.positions);
    whole.dispose();
    stopped.dispose();
  });

  it('is not gone on with for other data', async () => {
    const store = memoryStore();
    const model = subspaceRegressor({ ...parts, ...quick });
    await model.fit(x, y, { seed: 1, checkpoint: { store } });
    const other = y.map((value, i) => (i === 0 ? value + 1 : value));
    await expect(model.fit(x, other, { seed: 1, checkpoint: { store, resume: true } })).rejects.toThrow(
      'but the checkpoint was made with',
    );
    model.dispose();
  });
});

describe('one file', () => {
  it('has all that a regressor predicts with', async () => {
    const model = subspaceRegressor({ ...parts, ...quick });
    const rows = x.map((value) => ({ value, other: 2 }));
    await model.fit(rows, y, { seed: 1 });
    const store = memoryStore();
    await model.save(store);
    const loaded = await loadRegressor(store, { network: parts.network });
    const ask = [{ other: 2, value: 1 }];
    expect(await loaded.predict(ask)).toEqual(await model.predict(ask));
    expect(await loaded.predictInterval(ask)).toEqual(await model.predictInterval(ask));
    expect(loaded.report()).toBe(model.report());
    await expect(loaded.predict(ask, { sample: 3 } as never)).rejects.toThrow('option sample is unknown');
    await expect(loadClassifier(store, { network: classifierParts.network })).rejects.toThrow(
      'loadClassifier: the store has "subspace-regressor", expected "subspace-classifier" as its save wrote it',
    );
    await expect(loadRegressor(store, { network: classifierParts.network })).rejects.toThrow('loadRegressor: network');
    await expect(loadRegressor(store, { network: parts.network, map: {} } as never)).rejects.toThrow(
      'loadRegressor: option map is unknown',
    );
    model.dispose();
    loaded.dispose();
  });

  it('has all that a classifier predicts with', async () => {
    const model = subspaceClassifier({ ...classifierParts, ...quick });
    await model.fit(
      x,
      y.map((value) => (value > 1000 ? 'high' : 'low')),
      { seed: 1 },
    );
    const store = memoryStore();
    await model.save(store);
    const loaded = await loadClassifier(store, { network: classifierParts.network });
    expect(await loaded.predict(x)).toEqual(await model.predict(x));
    expect(loaded.labels).toEqual(['high', 'low']);
    model.dispose();
    loaded.dispose();
  });
});
