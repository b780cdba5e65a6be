import type { CurvedLogDensity, Vector } from '@subspace/core';

/** Points whose evaluation goes wrong, by their first coordinate. */
export const fault: Readonly<Record<'throws' | 'exits' | 'neverAnswers' | 'spins' | 'talks' | 'crashes', number>> = {
  throws: 1001,
  exits: 1002,
  neverAnswers: 1003,
  spins: 1004,
  talks: 1005,
  crashes: 1006,
};

export interface TargetOptions {
  readonly dim: number;
  readonly only?: 'values' | 'gradients';
  readonly engine?: string;
  /** Milliseconds of work per point. */
  readonly work?: number;
  /** An int32 that counts the evaluations begun: each waits until there are two, which never happens one after the other. */
  readonly meet?: SharedArrayBuffer;
  readonly post?: (message: unknown) => void;
}

/** A density with rounding errors of its own in every coordinate: equal bits mean that the same code saw the same point. */
export function target({ dim, only, engine, work = 0, meet, post }: TargetOptions): CurvedLogDensity {
  const evaluate = async (z: Vector) => {
    const until = performance.now() + work;
    while (performance.now() < until);
    if (meet) {
      const begun = new Int32Array(meet);
      Atomics.add(begun, 0, 1);
      while (Atomics.load(begun, 0) < 2);
    }
    await misbehave(z[0], post);
    let value = 0;
    const gradient = new Float64Array(dim);
    z.forEach((x, k) => {
      value -= Math.cosh(x / (k + 1)) + 0.1 * Math.sin(3 * x + z[0]);
      gradient[k] -= Math.sinh(x / (k + 1)) / (k + 1) + 0.3 * Math.cos(3 * x + z[0]);
      gradient[0] -= 0.1 * Math.cos(3 * x + z[0]);
    });
    return { value, gradient };
  };
  const curved: CurvedLogDensity = {
    dim,
    ...(engine !== undefined && { engine }),
    values: async (points) => Float64Array.from(await Promise.all(points.map(evaluate)), ({ value }) => value),
    valuesAndGradients: (points) => Promise.all(points.map(evaluate)),
    gaussNewton: (z) => Float64Array.from({ length: dim * dim }, (_, i) => Math.exp(z[i % dim]) / (1 + i)),
  };
  if (only === 'values') return { dim, values: curved.values } as CurvedLogDensity;
  if (only === 'gradients') return { ...curved, gaussNewton: undefined } as unknown as CurvedLogDensity;
  return curved;
}

async function misbehave(code: number, post: TargetOptions['post']): Promise<void> {
  if (code === fault.throws) throw Object.assign(new RangeError('the simulation diverged'), { code: 'DIVERGED' });
  if (code === fault.exits) process.exit(3);
  if (code === fault.neverAnswers) await new Promise(() => {});
  if (code === fault.spins) for (;;);
  if (code === fault.talks) post?.('nonsense');
  if (code === fault.crashes) {
    setTimeout(() => {
      throw new Error('out of the blue');
    });
    await new Promise(() => {});
  }
}
