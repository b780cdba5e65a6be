import type { MessagePort } from 'node:worker_threads';
import { loadUci } from '@subspace/datasets/node';
import { type FloatRows, type RegressionResult, regressionTask } from '@subspace/uci';
import { type Method, methodModel } from './methods.ts';
import { type Preset, presetOf } from './presets.ts';
import { type Training, train } from './training.ts';

/** One split of a data set: one training, and all methods that are asked for on it. Plain data, which goes to a worker. */
export interface Job {
  readonly dataset: string;
  readonly split: number;
  readonly seed: number;
  readonly methods: readonly Method[];
  readonly root?: string;
  /** Instead of the preset's. */
  readonly overrides?: Partial<Preset>;
  /** Where progress is told: shares of the training, from 0 to 1. */
  readonly port?: MessagePort;
}

export interface JobResult {
  readonly method: Method;
  readonly result: RegressionResult;
}

/** Seconds of fit are those of the training and of what the method adds to it, as if it had been alone. */
export default async function runJob(job: Job): Promise<readonly JobResult[]> {
  const { dataset: name, split, seed, methods, root, overrides, port } = job;
  const preset = { ...presetOf(name), ...overrides };
  const { paperCompat } = preset;
  const dataset = await loadUci(name, { root, paperCompat });
  let training: Promise<Training> | undefined;
  const results: JobResult[] = [];
  for (const method of methods) {
    let shared = true;
    const trained = (inputs: FloatRows, targets: FloatRows) => {
      if (!training) {
        shared = false;
        training = train(inputs, targets, preset, seed, (share) => port?.postMessage(share));
      }
      return training;
    };
    const model = methodModel(method, trained, preset, seed);
    const result = await regressionTask({ dataset, split, model, paperCompat });
    const before = shared && training ? (await training).seconds : 0;
    results.push({
      method,
      result: { ...result, scores: { ...result.scores, fitSeconds: result.scores.fitSeconds + before } },
    });
  }
  (await training)?.network.dispose();
  port?.close();
  return results;
}
