import { paperSplits } from '../paper-splits.ts';
import type { UciData } from './uci-data.ts';

/** The data sets that this package has in it, by name; loaded when asked for. */
export async function bundledUci(name: string): Promise<Omit<UciData, 'name'> | undefined> {
  const load = Object.hasOwn(BUNDLED, name) ? BUNDLED[name] : undefined;
  if (!load) return undefined;
  const { inputs, targets, featureNames, targetName } = await load();
  return {
    inputs: { data: Float64Array.from(inputs.data), shape: inputs.shape },
    targets: { data: Float64Array.from(targets.data), shape: targets.shape },
    featureNames,
    targetNames: [targetName],
    splits: paperSplits(inputs.shape[0], { kind: 'fixed' }),
    source: 'bundled',
    findings: [],
  };
}

const BUNDLED: Readonly<Record<string, () => Promise<ReturnType<typeof import('../yacht.ts').yacht>>>> = {
  concrete: async () => (await import('../concrete.ts')).concrete(),
  energy: async () => (await import('../energy.ts')).energy(),
  yacht: async () => (await import('../yacht.ts')).yacht(),
};
