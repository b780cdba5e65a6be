import { argumentError, requireCount } from '@subspace/core/internals';

/** NumPy's legacy random stream: `numpy.random.RandomState(seed)`. Not for anything but the splits of others' experiments. */
export interface NumpyRandom {
  /** The next 32 bits of the Mersenne Twister. */
  next(): number;
  /** `permutation(size)`, which moves the stream on: 0 … size−1 as `shuffle` leaves them. */
  permutation(size: number): Int32Array;
}

const WORDS = 624;
const MIDDLE = 397;

/** MT19937 (Matsumoto and Nishimura, 1998) with `init_genrand` seeding, and NumPy's shuffle by masked rejection. */
export function numpyRandom(seed: number): NumpyRandom {
  requireCount('numpyRandom', 'seed', seed, 0);
  if (seed > 0xffffffff) throw argumentError('numpyRandom', `seed is ${seed}, expected an integer below 2^32`);
  const state = new Uint32Array(WORDS);
  state[0] = seed;
  for (let i = 1; i < WORDS; i++) state[i] = Math.imul(1812433253, state[i - 1] ^ (state[i - 1] >>> 30)) + i;
  let index = WORDS;

  function refill(): void {
    for (let i = 0; i < WORDS; i++) {
      const y = (state[i] & 0x80000000) | (state[(i + 1) % WORDS] & 0x7fffffff);
      state[i] = state[(i + MIDDLE) % WORDS] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    index = 0;
  }

  function next(): number {
    if (index === WORDS) refill();
    let y = state[index++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  function atMost(maximum: number): number {
    const mask = 0xffffffff >>> Math.clz32(maximum);
    for (;;) {
      const value = (next() & mask) >>> 0;
      if (value <= maximum) return value;
    }
  }

  return {
    next,
    permutation(size) {
      const order = Int32Array.from({ length: size }, (_, i) => i);
      for (let i = size - 1; i > 0; i--) {
        const j = atMost(i);
        [order[i], order[j]] = [order[j], order[i]];
      }
      return order;
    },
  };
}
