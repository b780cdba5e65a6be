/**
 * The compiled kernels, or their TypeScript twin: both work on one memory that the host lays out (`kernels/abi.h`). Arguments are byte addresses of
 * structures, and counts.
 */
export interface Kernels {
  readonly memory: { readonly buffer: ArrayBuffer | SharedArrayBuffer };
  /** Log likelihood of one point over some shards of the rows. `mode`: values, gradients, or the log density of each row. */
  evaluate(job: number, scratch: number, point: number, firstShard: number, lastShard: number, mode: number): void;
  /** Rows of the first layer's sums at the shift (k = 0) or along basis row k − 1. */
  precompute(job: number, k: number, row: number, rows: number): void;
  gaussNewton(job: number, scratch: number, point: number, shard: number): void;
  gradientOfShard(job: number, scratch: number, start: number, shard: number): void;
  mix(job: number): void;
  update(job: number, rows: number, stepOfRun: number, from: number, to: number): void;
  /** All steps of the job by one thread. */
  run(job: number, scratch: number): void;
  outputsOf(job: number, scratch: number, row: number, rows: number): void;
  pullBack(job: number, scratch: number): void;
}
