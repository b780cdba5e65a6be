import { argumentError } from '../argument.ts';
import type { TrainerState } from '../engine/network.ts';
import type { RandomState } from '../random/random-source.ts';
import type { CheckpointOptions } from '../storage/checkpoint-store.ts';
import { runCheckpoint } from '../storage/run-checkpoint.ts';
import { requireSameRun } from '../storage/run-identity.ts';
import { aCount, aNumber, anObject, aText, floats, objectOf, optional } from '../storage/schema.ts';

/** Training at the end of an epoch, or within one that was cancelled. */
export interface FitState {
  /** Per epoch done. */
  readonly loss: readonly number[];
  readonly validationLoss: readonly number[];
  readonly learningRate: readonly number[];
  readonly trainer: TrainerState;
  readonly collector?: Readonly<Record<string, unknown>>;
  readonly best?: { readonly epoch: number; readonly loss: number; readonly state: TrainerState };
  readonly underWay?: {
    /** Of the epoch's order, how many. */
    readonly rowsDone: number;
    readonly learningRate: number;
    /** The stream of its steps. */
    readonly random: RandomState;
    /** Once all rows are done; else it is in the trainer's state. */
    readonly loss?: { readonly sum: number; readonly rows: number };
  };
}

export interface FitCheckpoint {
  /** The training to go on from; undefined to start anew. */
  readonly saved: FitState | undefined;
  due(epochs: number): boolean;
  /** Throws an error with `code: 'STORAGE'` and the losses if the store fails. */
  save(state: FitState): Promise<void>;
}

/** Opens the checkpoint of a training run. Throws if it was made with something else than `identity`, or is damaged. */
export async function fitCheckpoint(
  where: string,
  options: CheckpointOptions,
  identity: object,
): Promise<FitCheckpoint> {
  const { saved, due, save } = await runCheckpoint<Packed>(options, {
    where,
    name: 'fit',
    identity,
    state: savedFit,
    done: ({ loss }) => loss.length,
  });
  return {
    saved: saved && unpacked(saved),
    due,
    save: (state) => save(packed(state), state.loss.length, { loss: state.loss.slice() }),
  };
}

/** Throws unless the learning rates of the epochs begun are those of now. */
export function requireSameRates(
  where: string,
  { learningRate, underWay }: FitState,
  rate: (epoch: number) => number,
): void {
  [...learningRate, ...(underWay ? [underWay.learningRate] : [])].forEach((before, epoch) => {
    requireSameRun(where, before, rate(epoch), `learningRate(${epoch})`);
  });
}

/** Throws if more epochs are begun than are asked for. */
export function requireEpochs(where: string, { loss, underWay }: FitState, epochs: number): void {
  const begun = loss.length + (underWay ? 1 : 0);
  if (begun <= epochs) return;
  throw argumentError(where, `epochs is ${epochs}, but the checkpoint has ${begun}; expected at least as many`);
}

/** Lists of numbers as typed arrays, which are saved fast and exactly. */
type Packed = Omit<FitState, 'loss' | 'validationLoss' | 'learningRate'> & {
  readonly [Name in 'loss' | 'validationLoss' | 'learningRate']: Float64Array;
};

/** Trainers and collectors look at theirs when they restore it. */
const savedFit = objectOf({
  ...{ loss: floats(), validationLoss: floats(), learningRate: floats(), trainer: anObject },
  collector: optional(anObject),
  best: optional(objectOf({ epoch: aCount, loss: aNumber, state: anObject })),
  underWay: optional(
    objectOf({
      rowsDone: aCount,
      learningRate: aNumber,
      random: objectOf({ kind: aText }),
      loss: optional(objectOf({ sum: aNumber, rows: aNumber })),
    }),
  ),
});

function packed(state: FitState): Packed {
  const { loss, validationLoss, learningRate } = state;
  return {
    ...state,
    loss: Float64Array.from(loss),
    validationLoss: Float64Array.from(validationLoss),
    learningRate: Float64Array.from(learningRate),
  };
}

function unpacked(state: Packed): FitState {
  const { loss, validationLoss, learningRate } = state;
  return { ...state, loss: [...loss], validationLoss: [...validationLoss], learningRate: [...learningRate] };
}
