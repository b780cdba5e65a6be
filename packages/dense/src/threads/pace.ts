/** Which is faster for sections of a size: this thread alone, or all together. */
export interface Pace {
  /** Whether the next section of so much work should be done together. */
  together(work: number): boolean;
  /** Tells how long it took. */
  took(work: number, together: boolean, milliseconds: number): void;
}

/** Milliseconds after a change of way that do not count: a worker that slept is late, and sections may be over before it is up. */
const SETTLING = 0.5;
/** Milliseconds for which the slower way is tried, and after which it is tried again. */
const TRIAL = 2;
const PERIOD = 200;

interface Size {
  /** Milliseconds per unit of work. */
  alone?: number;
  together?: number;
  /** The last way, and for how many milliseconds it has been taken. */
  last?: boolean;
  spent: number;
  /** The way on trial, and milliseconds since the last trial. */
  trial?: boolean;
  since: number;
}

/**
 * Measures both ways, and takes the faster: on a machine that is busy with other work, a thread that has lost its processor is waited for.
 *
 * Sections are told apart by the size of their work, to a factor of two.
 */
export function pace(): Pace {
  const sizes: Size[] = [];
  const of = (work: number): Size => {
    const size = 32 - Math.clz32(work);
    sizes[size] ??= { spent: 0, since: 0 };
    return sizes[size];
  };
  return {
    together(work) {
      const size = of(work);
      if (size.together === undefined) return true;
      if (size.alone === undefined) return false;
      const faster = size.together < size.alone;
      if (size.trial === undefined && size.since >= PERIOD) size.trial = !faster;
      return size.trial ?? faster;
    },
    took(work, together, milliseconds) {
      const size = of(work);
      if (size.last !== together) [size.last, size.spent] = [together, 0];
      size.spent += milliseconds;
      size.since += milliseconds;
      if (size.spent < SETTLING) return;
      const way = together ? 'together' : 'alone';
      const rate = milliseconds / work;
      size[way] = size[way] === undefined ? rate : 0.8 * size[way] + 0.2 * rate;
      if (size.trial === together && size.spent >= TRIAL) [size.trial, size.since] = [undefined, 0];
    },
  };
}
