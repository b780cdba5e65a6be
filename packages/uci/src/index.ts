export type {
  ClassificationModel,
  FloatRows,
  PredictedClasses,
  PredictedTargets,
  RegressionModel,
} from './model.ts';
export { type PaperFigure, paperFigure } from './report/paper-figures.ts';
export {
  type Better,
  type PairedDifference,
  type Report,
  type ReportCell,
  type ReportOptions,
  type ReportRow,
  report,
} from './report/report.ts';
export { reportHtml } from './report/report-html.ts';
export { reportCsv, reportMarkdown, reportText } from './report/report-tables.ts';
export { wilcoxon } from './report/wilcoxon.ts';
export type { ResultRow } from './results/columns.ts';
export type { ClassificationScores, RegressionScores } from './scores.ts';
export {
  type ActiveLearningOptions,
  activeClassificationTask,
  activeLearningTask,
} from './tasks/active-learning.ts';
export { type AdversarialResult, type AdversarialTaskOptions, adversarialTask } from './tasks/adversarial-task.ts';
export {
  type ClassificationResult,
  type ClassificationTaskOptions,
  type ClassificationTaskScores,
  classificationTask,
} from './tasks/classification-task.ts';
export { type DensityTaskOptions, densityTask } from './tasks/density-task.ts';
export { type MmdTaskOptions, mmdTask } from './tasks/mmd-task.ts';
export {
  type RegressionResult,
  type RegressionTaskOptions,
  type RegressionTaskScores,
  regressionTask,
} from './tasks/regression-task.ts';
export type { SplitOptions, TaskData } from './tasks/task-data.ts';
export type { TaskName, TaskResult } from './tasks/task-result.ts';
export type { TaskStepsOptions } from './tasks/task-steps.ts';
