import type { Collector } from '@subspace/core';
import type { SubspaceEstimatorOptions } from './estimator-options.ts';
import type { SubspaceFit } from './subspace-fit.ts';

/**
 * What a fit did and found, in words.
 *
 * @param data the first sentence
 * @param logUnit what a mean log density per row in standardised units is more than one in the data's
 */
export function fitReport<M extends Collector>(
  data: string,
  fitted: SubspaceFit<M>,
  options: SubspaceEstimatorOptions<M>,
  logUnit: number,
): string {
  const { inner, epochs, training, exploration, draws, subspace } = fitted;
  const held = inner.map(({ split }) => split.heldOut.length).join(', ');
  const best = inner.map(({ epochs }) => epochs).join(', ');
  const chains = draws.positions.length;
  return [
    `Data: ${data}; held out to choose by: ${held} rows in ${plural(inner.length, 'inner part')}.`,
    `Training: the held-out rows were predicted best after ${best} epochs. On all rows ${plural(epochs, 'epoch')}, loss ${digits(training.loss[0])} to ${digits(training.loss.at(-1)!)}, and ${exploration.loss.length} more; moments of the weights around the end of training.`,
    `Subspace: ${plural(draws.dim, 'direction')} of ${subspace.layout.size} weights.`,
    `Noise: ${noise(fitted)}.`,
    `Prior: ${prior(fitted)}.`,
    `Temperature: ${temperature(fitted, logUnit)}.`,
    `Sampling: ${plural(chains, 'chain')} of ${draws.positions[0].length} draws; ${convergence(fitted, chains)}.`,
    ...training.findings.map(({ problem, advice }) => `Finding: ${problem} ${advice}`),
    ...(options.diagnose?.(draws as never) ?? []).map(({ problem, advice }) => `Finding: ${problem} ${advice}`),
  ].join('\n');
}

function noise({ likelihood }: SubspaceFit<unknown>): string {
  if (likelihood.kind === 'gaussian') return `of variance ${digits(likelihood.variance)}, of standardised targets`;
  return likelihood.kind === 'heteroscedastic-gaussian'
    ? 'what the network says for each row'
    : 'in the classes themselves';
}

function prior({ priorStd, priorChoice }: SubspaceFit<unknown>): string {
  if (!priorChoice) return `σ = ${digits(priorStd)}, as given`;
  const edge = priorChoice.edge ? ', at the end of what was looked at: the data say little of it' : '';
  return `σ = ${digits(priorStd)}, of the largest evidence (log ${digits(priorChoice.logEvidence)})${edge}`;
}

function temperature({ temperature: T, temperatureChoice }: SubspaceFit<unknown>, logUnit: number): string {
  if (!temperatureChoice) return `T = ${digits(T)}, as given`;
  const { curve, score, edge } = temperatureChoice;
  const scores = `mean log density ${digits(score - logUnit)} a row, ${digits(curve[0].score - logUnit)} at T = ${digits(curve[0].temperature)}`;
  const atEnd = {
    from: ': nothing to be tempered',
    to: ', at the end of what was looked at: the subspace knows little',
  };
  return `T = ${digits(T)}, of the best score (${scores})${edge ? atEnd[edge] : ''}`;
}

function convergence({ rHat, agreed }: SubspaceFit<unknown>, chains: number): string {
  if (chains === 1) return 'one chain has no R̂, and a mode that it has not found can’t be seen';
  if (agreed) return `they agree, R̂ ${rHat.toFixed(3)}`;
  return `they do NOT agree, R̂ ${rHat.toFixed(3)} where less than 1.01 is wanted: intervals may be too narrow. More draws (sampling.mostDraws), fewer directions or a smaller σ may help`;
}

function digits(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** '1 chain', '2 chains'. */
export function plural(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}
