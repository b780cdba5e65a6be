import type { TaskResult } from '../tasks/task-result.ts';

/** What a run is called in its table, and what it came to. */
export type ResultRow = Readonly<Record<string, string | number | null | Float64Array>>;

/** Names of the original's database, where it has the score; log likelihoods are negative NLLs. */
const ORIGINAL: Readonly<Record<string, string>> = {
  nll: '-test_loglik',
  nllUnnormalized: '-test_loglik_unnormalized',
  mixtureNll: '-test_loglik_mixture',
  mixtureNllUnnormalized: '-test_loglik_mixture_unnormalized',
  rmse: 'test_rmse',
  rmseUnnormalized: 'test_rmse_unnormalized',
  mae: 'test_mae',
  maeUnnormalized: 'test_mae_unnormalized',
  crps: 'test_crps',
  crpsUnnormalized: 'test_crps_unnormalized',
  coverage50: 'test_calibration_50',
  coverage90: 'test_calibration_90',
  coverage95: 'test_calibration',
  accuracy: 'test_acc',
  attackedNll: '-attacked_loglik',
};

/** Likewise of arrays, by task. */
const ARRAYS: Readonly<Record<string, string>> = {
  'classification.targets': 'Y_test',
  'classification.probabilities': 'p_test',
  'adversarial_robustness.nll': 'attacked_nlls',
  'adversarial_robustness.rmse': 'attacked_rmses',
};

/** The scores and arrays of a result as columns of its task's table. */
export function columnsOf({ task, scores, arrays }: TaskResult<object>): ResultRow {
  const row: Record<string, number | null | Float64Array> = {};
  for (const [name, value] of Object.entries(scores) as [string, number][]) {
    const column = ORIGINAL[name] ?? snakeCase(name);
    const signed = column.startsWith('-') ? -value : value;
    // What there is not: the mixture of a model without members.
    row[column.replace('-', '')] = Number.isNaN(value) ? null : signed;
  }
  for (const [name, values] of Object.entries(arrays)) {
    row[ARRAYS[`${task}.${name}`] ?? snakeCase(name)] = values;
  }
  return row;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
