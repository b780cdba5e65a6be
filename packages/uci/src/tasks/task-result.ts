/** What came of a task: numbers, and arrays with one number for each test row or step. */
export interface TaskResult<Scores = Readonly<Record<string, number>>> {
  readonly task: TaskName;
  readonly dataset: string;
  /** Counted from 1. */
  readonly split: number;
  readonly scores: Scores;
  readonly arrays: Readonly<Record<string, Float64Array>>;
}

/** The tables of the results database. */
export type TaskName =
  | 'regression'
  | 'classification'
  | 'conditional_density_estimation'
  | 'active_learning_continuous'
  | 'active_learning_discrete'
  | 'adversarial_robustness'
  | 'mmd';
