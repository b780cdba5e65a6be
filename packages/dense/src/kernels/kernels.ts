/**
 * The compiled kernels, or their TypeScript twin: both work on one memory that the host lays out (`kernels/abi.h`). Arguments are byte addresses of
 * structures there, and counts.
 */
export interface Kernels {
  readonly memory: { readonly buffer: ArrayBuffer | SharedArrayBuffer };
  /** One part of a section of work: see `tasks`. */
  perform(section: number, scratch: number, part: number): void;
  /** All steps of a training job by one thread. */
  run(job: number, scratch: number): void;
  /** The mix of the points of a training job. */
  mix(job: number): void;
  /** Jᵀ·u of an output job. */
  pullBack(job: number, scratch: number): void;
}
