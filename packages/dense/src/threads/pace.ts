/** Which is faster for sections of a size: this thread alone, or all together. */
export interface Pace {
  /** Whether the next section of so much work should be done together. */
  together(work: number): boolean;
  /** Tells how long it took. */
  took(work: number, together: boolean, milliseconds: number): void;
}

/** Milliseconds after a change of way that do not count: a worker that slept is late, and sections may be over before it is up. */
const SETTLING = 0.5;
/** A section as long as this counts in any case. */
const LONG = 5;
/** Milliseconds that count until a way on trial is known. */
const TRIAL = 2;
/** The slower way is tried again after so many milliseconds: after each trial that changes nothing twice as many. */
const FIRST_PERIOD = 20;
const LAST_PERIOD = 500;
/** And no sooner than after so many sections. */
const RARELY = 100;
/** Milliseconds that a way is remembered for: a thread that was held up once does not make all of them slow. */
const MEMORY = 20;

/** What a way has taken lately. */
interface Way {
  milliseconds: number;
  work: number;
}

interface Size {
  alone?: Way;
  together?: Way;
  /** The last way, and for how many milliseconds it has been taken. */
  last?: boolean;
  spent: number;
  /** The way on trial. */
  trial?: boolean;
  /** Milliseconds since the last trial, and after how many the next is due. */
  since: number;
  period: number;
  /** Whether both together were faster before the trial. */
  faster: boolean;
}

/**
 * Measures both ways, and takes the faster: on a machine that is busy with other work, a thread that has lost its processor is waited for.
 *
 * Sections are told apart by the size of their work, to a factor of two.
 */
export function pace(): Pace {
  const sizes: Size[] = [];
  const of = (work: number): Size => {
    const size = Math.ceil(Math.log2(work));
    sizes[size] ??= { spent: 0, since: 0, period: FIRST_PERIOD, faster: false };
    return sizes[size];
  };
  return {
    together(work) {
      const size = of(work);
      if (size.trial !== undefined) return size.trial;
      size.faster = rate(size.together) < rate(size.alone);
      if (size.together === undefined) size.trial = true;
      else if (size.alone === undefined) size.trial = false;
      else if (size.since >= size.period) size.trial = !size.faster;
      else return size.faster;
      size[size.trial ? 'together' : 'alone'] = { milliseconds: 0, work: 0 };
      return size.trial;
    },
    took(work, together, milliseconds) {
      const size = of(work);
      if (size.last !== together) [size.last, size.spent] = [together, 0];
      const settled = size.spent >= SETTLING || milliseconds >= LONG;
      size.spent += milliseconds;
      size.since += milliseconds;
      const way = size[together ? 'together' : 'alone'];
      if (!settled || way === undefined) return;
      const kept = Math.exp(-milliseconds / MEMORY);
      way.milliseconds = kept * way.milliseconds + milliseconds;
      way.work = kept * way.work + work;
      if (size.trial !== together || way.milliseconds < TRIAL) return;
      const changed = rate(size.together) < rate(size.alone) !== size.faster;
      size.period = Math.max(RARELY * milliseconds, changed ? FIRST_PERIOD : Math.min(2 * size.period, LAST_PERIOD));
      [size.trial, size.since] = [undefined, 0];
    },
  };
}

/** Milliseconds per unit of work; of a way not known, none. */
function rate(way: Way | undefined): number {
  return way === undefined ? Number.POSITIVE_INFINITY : way.milliseconds / way.work;
}
