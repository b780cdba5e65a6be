import { sized } from '@subspace-internal/testing';
import { it } from 'vitest';
import { expectEvidence } from './expect-evidence.ts';
import { autoregression, correlatedRegression, groupMeans, quartic } from './noisy-regression.ts';

const seeds = Array.from({ length: sized(3, 12) }, (_, i) => 100 + i);

for (const [name, model] of Object.entries({
  autoregression: autoregression(),
  correlatedRegression: correlatedRegression(),
  groupMeans: groupMeans(),
  quartic: quartic(),
})) {
  it(`sequentialMonteCarlo has the evidence of ${name} within what it claims`, { timeout: 600_000 }, () =>
    expectEvidence(model, { particles: 200, seeds, rms: 0.5 }),
  );
}
