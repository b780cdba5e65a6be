import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { crewFor } from './crew.ts';
import { openEngine } from './engine.ts';
import { fullChain } from './full-posterior.ts';
import { learntNoise } from './ours.ts';
import { type OursResult, oursGrid, oursParts } from './ours-part.ts';
import { oursLegend, oursMarkdown } from './ours-report.ts';
import { priorStdByMoments } from './prior-by-moments.ts';
import { syntheticProblem } from './problem.ts';
import { referenceOf, writeReference } from './reference-file.ts';
import { effort, paper } from './settings.ts';
import { rowsOf, trainedSolutions } from './solutions.ts';
import { study } from './study.ts';

/**
 * The study `ours` for some seeds, as a Markdown table: which method comes nearest to the truth, and to Hamiltonian Monte Carlo over all weights where that was committed.
 *
 * `pnpm --filter @subspace-examples/regression ours [--seeds=1,2,3,4]`; with `--reference=<folder>`, the reference of these seeds instead: an hour each.
 */
const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '1,2,3,4' }, reference: { type: 'string' } },
});
const seeds = values.seeds.split(',').map(Number);
const engine = await openEngine();
const crew = crewFor(engine, {}, availableParallelism());

if (values.reference !== undefined) for (const seed of seeds) await makeReference(seed, values.reference);
else {
  const runs: OursResult[][] = [];
  for (const seed of seeds) {
    const problem = syntheticProblem(seed);
    const { results } = await study({ engine, crew, problem, effort: effort.default, seed, parts: oursParts });
    runs.push(results.flatMap(({ result }) => result.ours ?? []));
  }
  console.log(
    [
      `Seeds ${seeds.join(', ')}, in order; then their mean. Node ${process.version}, ${engine.description}, ${cpus()[0].model}, ${cpus().length} cores. ${oursLegend}`,
      '',
      ...oursMarkdown(runs),
    ].join('\n'),
  );
}
await crew.close();

/** Four chains, one after the other. */
async function makeReference(seed: number, folder: string): Promise<void> {
  const problem = syntheticProblem(seed);
  const grid = oursGrid(problem);
  const solutions = trainedSolutions({ engine, crew, problem, effort: effort.default, seed });
  const network = engine.network(seed);
  const noiseVariance = await learntNoise(network, (await solutions.swag(0)).mean(), problem);
  network.dispose();
  const priorStd = priorStdByMoments([2, 200, 50, 50, 50, 1], problem.inputs(problem.train.x).data, problem.train.y);
  const chains = [];
  for (const chain of [1, 2, 3, 4]) {
    const own = `${seed}, full posterior, chain ${chain}`;
    const ofChain = engine.network(own);
    chains.push(
      await fullChain(ofChain, {
        ...{ data: rowsOf(problem), noiseVariance, priorStd, seed: own, epochs: paper.epochs },
        ...{ warmup: 25, draws: 300, steps: [200, 1000], inputs: problem.inputs(grid) },
        onProgress: (line) => console.error(`seed ${seed}, chain ${chain}: ${line}`),
      }),
    );
    ofChain.dispose();
  }
  const { user, system } = process.cpuUsage();
  const facts = { seed, engine: engine.description, noiseVariance, priorStd };
  const cpuMinutes = Math.round((user + system) / 60e6);
  await writeReference(
    join(folder, `full-posterior-seed-${seed}.json`),
    referenceOf(chains, { ...facts, cpuMinutes }, grid, 1),
  );
}
