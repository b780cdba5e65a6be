/** Which is faster for sections of a size: this thread alone, or all together. */
export interface Pace {
  /** Whether the next section of so much work should be done together. */
  together(work: number): boolean;
  /** Tells how long it took. */
  took(work: number, together: boolean, milliseconds: number): void;
}

/** Of so many sections, the first few are done the slower way, in case that has changed: in a row, since a worker that sleeps answers late once. */
const PERIOD = 2048;
const TRIAL = 8;

/**
 * Measures both ways, and takes the faster: on a machine that is busy with other work, a thread that has lost its processor is waited for.
 *
 * Sections are told apart by the size of their work, to a factor of two.
 */
export function pace(): Pace {
  const sizes: { alone?: number; together?: number; sections: number; last?: 'alone' | 'together' }[] = [];
  const of = (work: number) => {
    const size = 32 - Math.clz32(work);
    sizes[size] ??= { sections: 0 };
    return sizes[size];
  };
  return {
    together(work) {
      const size = of(work);
      size.sections++;
      if (size.together === undefined) return true;
      if (size.alone === undefined) return false;
      const faster = size.together < size.alone;
      return size.sections % PERIOD < TRIAL ? !faster : faster;
    },
    took(work, together, milliseconds) {
      const size = of(work);
      const rate = milliseconds / work;
      const way = together ? 'together' : 'alone';
      const first = size.last !== way;
      size.last = way;
      if (first) return;
      size[way] = size[way] === undefined ? rate : 0.8 * size[way] + 0.2 * rate;
    },
  };
}
