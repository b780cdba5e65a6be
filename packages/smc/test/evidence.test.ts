import { it } from 'vitest';
import { expectEvidence } from './expect-evidence.ts';
import { correlatedRegression, quartic } from './noisy-regression.ts';

/** Those of 6 to 9 coordinates with more particles: evidence.proof.test.ts. */
for (const [name, model] of Object.entries({ correlatedRegression: correlatedRegression(), quartic: quartic() })) {
  it(`sequentialMonteCarlo has the evidence of ${name} within what it claims`, { timeout: 120_000 }, () =>
    expectEvidence(model, { particles: 96, seeds: [1, 2], rms: 0.7 }),
  );
}
