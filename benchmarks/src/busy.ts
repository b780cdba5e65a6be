import { type LogDensity, logDensity } from '@subspace/core';

export interface BusyOptions {
  readonly dim: number;
  /** Thousands of turns of a loop in registers, some 2 µs each. */
  readonly work: number;
}

/** A density that only computes: the logistic map, from a start that z sets. No memory, so that threads share nothing but the processor. */
export function busyLogDensity({ dim, work }: BusyOptions): LogDensity {
  return logDensity(dim, (z) => {
    let x = 0.5 + 0.4 * Math.tanh(z[0]);
    for (let i = 0; i < work; i++) x = thousandTurns(x);
    return -0.5 * z.reduce((sum, value) => sum + value * value, 0) + 1e-3 * x;
  });
}

/** A function of its own, called often: one long loop would stay in whatever code the engine entered it with. */
function thousandTurns(from: number): number {
  let x = from;
  for (let i = 0; i < 1000; i++) x = 3.9 * x * (1 - x);
  return x;
}
