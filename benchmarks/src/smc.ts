/**
 * Moves of sequential Monte Carlo at equal numbers of likelihood evaluations, on regressions whose noise is a parameter and whose evidence is known exactly.
 * `npm run smc`; with `--write` the table goes to docs/results/smc.md as well.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { DifferentiableLogDensity, Posterior } from '@subspace/core';
import { gaussianPrecision } from '@subspace/core';
import { cholesky } from '@subspace/core/internals';
import { diagnose } from '@subspace/diagnostics';
import { ellipticalSlice, sliceWithinGibbs } from '@subspace/ess';
import { hmc } from '@subspace/nuts';
import { cloudPosterior, type ParticleCloud, sequentialMonteCarlo } from '@subspace/smc';
import { autoregression, correlatedRegression, groupMeans, quartic } from '../../packages/smc/test/noisy-regression.ts';
import { table } from './harness.ts';

const EVALUATIONS = 200_000;
const SEEDS = [11, 12, 13];
/** Runs that say how many particles so many evaluations are. */
const PILOT = { particles: 48, seed: 'pilot' };

type Target = Posterior<DifferentiableLogDensity>;
const widths = ({ covariance, mean }: ParticleCloud) =>
  mean.map((_, k) => 2 * Math.sqrt(covariance[k * (mean.length + 1)]));
/** Σ⁻¹, symmetric to the last bit. */
const precision = ({ covariance, mean }: ParticleCloud) => {
  const inverse = gaussianPrecision({ mean, cholesky: cholesky(covariance, mean.length)! });
  const K = mean.length;
  return inverse.map((value, i) => (value + inverse[(i % K) * K + Math.floor(i / K)]) / 2);
};
const moves = {
  'ellipses of the prior': (tempered: Target) => ellipticalSlice(tempered),
  'ellipses of the cloud': (tempered: Target, cloud: ParticleCloud) => ellipticalSlice(cloudPosterior(tempered, cloud)),
  'slices within Gibbs': (tempered: Target, cloud: ParticleCloud) =>
    sliceWithinGibbs(tempered, { width: widths(cloud) }),
  'HMC, mass of the cloud': (tempered: Target, cloud: ParticleCloud) =>
    hmc(tempered, { stepSize: 0.3, steps: [2, 6], massMatrix: precision(cloud) }),
};
const models = {
  autoregression: autoregression(),
  'correlated regression': correlatedRegression(),
  'group means': groupMeans(),
  quartic: quartic(),
};

const rms = (values: readonly number[]) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
const rows: string[][] = [];
for (const [model, { target, evidence }] of Object.entries(models)) {
  for (const [name, move] of Object.entries(moves)) {
    const run = (particles: number, seed: number | string) =>
      sequentialMonteCarlo(target, { particles, seed, move: move as (tempered: Target) => never });
    const pilot = await run(PILOT.particles, PILOT.seed);
    const particles = Math.max(24, Math.round((PILOT.particles * EVALUATIONS) / pilot.evaluations));
    const errors: number[] = [];
    const claimed: number[] = [];
    let [evaluations, warned] = [0, 0];
    for (const seed of SEEDS) {
      const result = await run(particles, seed);
      errors.push(result.logEvidence - evidence);
      claimed.push(result.logEvidenceStandardError);
      evaluations += result.evaluations / SEEDS.length;
      if (diagnose(result).length > 0) warned++;
    }
    const bias = errors.reduce((sum, x) => sum + x / errors.length, 0);
    rows.push([
      `${model}: ${name}`,
      String(particles),
      `${Math.round(evaluations / 1000)}k`,
      bias.toFixed(2),
      rms(errors).toFixed(2),
      rms(claimed).toFixed(2),
      Math.max(...errors.map((error, i) => Math.abs(error) / claimed[i])).toFixed(1),
      `${warned} of ${SEEDS.length}`,
    ]);
    console.log(rows.at(-1)?.join(' | '));
  }
}
const header = ['model: move', 'particles', 'evaluations', 'bias', 'rms', 'claimed', 'most', 'warned'];
const report = `${cpus()[0]?.model.trim()}; Node ${process.versions.node}\n\n${table(header, rows)}\n`;
console.log(report);
if (process.argv.includes('--write')) {
  const file = fileURLToPath(new URL('../../docs/results/smc.md', import.meta.url));
  const head = `# Moves of sequential Monte Carlo, at about equal numbers of evaluations

Errors of the log evidence, in nats, on four regressions of 6 to 9 coordinates whose noise is one of them, so that the evidence is one exact integral
(\`pnpm --filter @subspace-internal/benchmarks smc --write\`). All options but the particles are the defaults; there are so many of them, but at least 24, that a run takes about
${EVALUATIONS / 1000},000 evaluations (of gradients, for HMC), by a run of ${PILOT.particles}. Seeds ${SEEDS.join(', ')}.

`;
  const tail = `
- **claimed**: the root mean square of \`logEvidenceStandardError\`. **most**: the largest error over its claimed one. **warned**: runs in which \`diagnose\` said that the moves were too few.
- Defaults were chosen on autoregression and group means, with 200 particles and seeds 1 to 3.
`;
  writeFileSync(file, `${head}${report}${tail}`);
}
