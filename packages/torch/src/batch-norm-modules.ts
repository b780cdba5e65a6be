import { argumentError } from '@subspace/core/internals';
import { moduleOf, type WeightMatch } from './match-names.ts';
import type { StateDict } from './state-dict.ts';

/**
 * The modules of a state dict that have running statistics, in the order of the network's layers: that of their weights, or of the state dict where they have none.
 */
export function batchNormModules(where: string, dict: StateDict, matched: readonly WeightMatch[]): string[] {
  const there = [...dict.keys()].filter((name) => /(^|\.)running_mean$/.test(name)).map(moduleOf);
  const placed = [...new Set(matched.map(({ tensor }) => moduleOf(tensor)))].filter((module) => there.includes(module));
  if (placed.length === there.length) return placed;
  if (placed.join() !== there.filter((module) => placed.includes(module)).join()) {
    throw argumentError(
      where,
      'batch norms without weights of their own are among others that have another order here, expected one order in both',
    );
  }
  return there;
}

/** Running mean and variance of each module. */
export function statisticsOf(where: string, dict: StateDict, modules: readonly string[]): Float32Array[] {
  return modules.flatMap((module) =>
    ['running_mean', 'running_var'].map((part) => {
      const name = module ? `${module}.${part}` : part;
      const tensor = dict.get(name);
      if (!tensor) throw argumentError(where, `the state dict has no ${name}, expected it beside the other statistics`);
      return Float32Array.from(tensor.data as Float32Array);
    }),
  );
}
