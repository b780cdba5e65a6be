import { argumentError } from '@subspace/core/internals';
import { type KernelBuild, MEMORY_LIMIT } from './kernel-build.ts';
import type { Kernels } from './kernels.ts';

/** Hands out byte addresses, 64 apart; what is at them is zero at first. */
export interface MemoryPlan {
  floats(count: number): number;
  words(count: number): number;
  doubles(count: number): number;
  readonly bytes: number;
}

/** The memory of one likelihood, trainer or prediction, made in the size that its plan came to. */
export interface Workspace {
  readonly kernels: Kernels;
  readonly shared: boolean;
  readonly floats: Float32Array;
  readonly words: Int32Array;
  readonly doubles: Float64Array;
}

export function memoryPlan(): MemoryPlan {
  // The lowest page is the compiled code's stack.
  let next = 65536;
  const take = (bytes: number) => {
    const address = next;
    next = Math.ceil((next + bytes) / 64) * 64;
    return address;
  };
  return {
    floats: (count) => take(4 * count),
    words: (count) => take(4 * count),
    doubles: (count) => take(8 * count),
    get bytes() {
      return next;
    },
  };
}

/** @throws if the plan is larger than 32-bit addresses reach, or than there is memory */
export function openWorkspace(where: string, build: KernelBuild, plan: MemoryPlan, shared: boolean): Workspace {
  const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  if (plan.bytes > MEMORY_LIMIT) {
    throw argumentError(
      where,
      `network, data and subspace take ${gigabytes(plan.bytes)}, expected at most ${gigabytes(MEMORY_LIMIT)}`,
    );
  }
  let kernels: Kernels;
  try {
    kernels = build.open(plan.bytes, shared);
  } catch (error) {
    throw Object.assign(
      argumentError(where, `${gigabytes(plan.bytes)} of memory are not to be had, expected network and data to fit`),
      { cause: error },
    );
  }
  const { buffer } = kernels.memory;
  return {
    kernels,
    shared,
    floats: new Float32Array(buffer),
    words: new Int32Array(buffer),
    doubles: new Float64Array(buffer),
  };
}

/** Fields of a structure in memory: whole numbers and addresses. */
export function writeWords<Name extends string>(
  space: Workspace,
  address: number,
  fields: Readonly<Record<Name, number>>,
  values: Partial<Record<Name, number>>,
): void {
  for (const name in values) space.words[address / 4 + fields[name]] = values[name]!;
}

/** Fields of a structure in memory: single-precision numbers. */
export function writeFloats<Name extends string>(
  space: Workspace,
  address: number,
  fields: Readonly<Record<Name, number>>,
  values: Partial<Record<Name, number>>,
): void {
  for (const name in values) space.floats[address / 4 + fields[name]] = values[name]!;
}
