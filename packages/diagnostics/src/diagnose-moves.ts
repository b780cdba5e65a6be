import type { Diagnosis } from './diagnosis.ts';

/** What a stage of sequential Monte Carlo has to tell of its moves. */
export interface StageOfMoves {
  readonly moves: number;
  /** Mean change of the log likelihood by the moves, and its standard error, in nats. */
  readonly drift: number;
  readonly spread: number;
  /** Rank correlation of the log likelihoods before and after the moves. */
  readonly correlation: number;
}

/** Particles whose log likelihoods are in the same order after the moves have hardly moved. */
const STUCK = 0.9;

/** Whether the particles have followed the likelihood: what the moves have left of the drift, of which they leave the share ρ, is below its standard error. */
export function diagnoseMoves(stages: readonly StageOfMoves[]): readonly Diagnosis[] {
  const behind = stages.filter(
    ({ drift, spread, correlation }) =>
      correlation > STUCK || (correlation > 0 && Math.hypot(drift, spread) * correlation > spread * (1 - correlation)),
  );
  if (behind.length === 0) return [];
  const worst = behind.reduce((a, b) => (lag(b) > lag(a) ? b : a));
  const { moves, drift, spread, correlation } = worst;
  const drifted = `the mean log likelihood drifted by ${drift.toPrecision(3)} ± ${spread.toPrecision(3)} in ${moves} moves`;
  return [
    {
      code: 'moves-too-few',
      problem: `The particles lag behind in ${behind.length} of ${stages.length} stages: ${drifted}, and its values before and after have a correlation of ${correlation.toFixed(
        2,
      )}. The log evidence may be off by far more than its standard error.`,
      advice: 'Take more maxMovesPerStage, or moves of the cloud: ellipticalSlice(cloudPosterior(tempered, cloud)).',
    },
  ];
}

/** By drifts beside their standard errors; the values of particles that are where they were say nothing at all. */
function lag({ drift, spread }: StageOfMoves): number {
  return spread > 0 ? Math.abs(drift) / spread : Infinity;
}
