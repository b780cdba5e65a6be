import { argumentError, show } from '../argument.ts';
import type { Evaluation, Vector } from './log-density.ts';
import { isPromise, type MaybePromise } from './maybe-promise.ts';

interface ValueTarget {
  values(points: readonly Vector[]): MaybePromise<ArrayLike<number>>;
}

interface GradientTarget {
  valuesAndGradients(points: readonly Vector[]): MaybePromise<ArrayLike<Evaluation>>;
}

/** What a target answers, checked: it may be a user's own. Throws unless it is one number for each point. */
export function askValues<A extends ArrayLike<number>>(
  where: string,
  target: { values(points: readonly Vector[]): MaybePromise<A> },
  points: readonly Vector[],
): MaybePromise<A>;
export function askValues(where: string, target: ValueTarget, points: readonly Vector[]) {
  return checked(
    where,
    () => target.values(points),
    points,
    (answer) => typeof answer === 'number',
    'a number',
  );
}

/** Throws unless it is a number and a gradient as long as the point, for each of them. */
export function askGradients(
  where: string,
  target: GradientTarget,
  points: readonly Vector[],
): MaybePromise<readonly Evaluation[]> {
  const fits = (answer: unknown, point: Vector) => {
    const { value, gradient } = (answer ?? {}) as Partial<Evaluation>;
    return typeof value === 'number' && typeof gradient === 'object' && gradient?.length === point.length;
  };
  const expected = `{ value, gradient } with a gradient of length ${points[0]?.length}`;
  return checked(where, () => target.valuesAndGradients(points), points, fits, expected) as MaybePromise<
    readonly Evaluation[]
  >;
}

function checked<A extends ArrayLike<unknown>>(
  where: string,
  ask: () => MaybePromise<A>,
  points: readonly Vector[],
  fits: (answer: unknown, point: Vector) => boolean,
  expected: string,
): MaybePromise<A> {
  const check = (answers: A): A => {
    const count = (answers as A | undefined)?.length;
    if (count !== points.length) {
      throw argumentError(where, `the target answered ${count ?? show(answers)} points, expected ${points.length}`);
    }
    for (let i = 0; i < count; i++) {
      if (!fits(answers[i], points[i])) {
        throw argumentError(where, `the target answered ${described(answers[i])} at point ${i}, expected ${expected}`);
      }
    }
    return answers;
  };
  let answers: MaybePromise<A>;
  try {
    answers = ask();
  } catch (error) {
    throw thrown(where, error);
  }
  if (!isPromise(answers)) return check(answers);
  return answers.then(check, (error) => {
    throw thrown(where, error);
  });
}

/** What a target threw, which has no code or message where it is nothing. */
function thrown(where: string, error: unknown): unknown {
  return error ?? argumentError(where, `the target threw ${show(error)}, expected values or an error`);
}

function described(answer: unknown): string {
  const { gradient } = (answer ?? {}) as Partial<Evaluation>;
  return gradient?.length === undefined ? show(answer) : `a gradient of length ${gradient.length}`;
}
