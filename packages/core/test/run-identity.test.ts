import { logDensity, memoryStore } from '@subspace/core';
import { aCount, checksum, runCheckpoint } from '@subspace/core/internals';
import { afterEach, describe, expect, it, vi } from 'vitest';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('checksum', () => {
  it('is the CRC-32 of the bytes that an array shows, of several one behind the other', () => {
    expect(checksum([new TextEncoder().encode('123456789')])).toBe('crc32 cbf43926');
    expect(checksum([new TextEncoder().encode('1234'), new TextEncoder().encode('56789')])).toBe('crc32 cbf43926');
    expect(checksum([Float64Array.of(1, 2, 3).subarray(1, 2)])).toBe(checksum([Float64Array.of(2)]));
  });
});

describe('the target of a run', () => {
  const open = (store: ReturnType<typeof memoryStore>, target: object) =>
    runCheckpoint<number>(
      { store, resume: true },
      {
        ...{ where: 'walk', name: 'walk', identity: {}, state: aCount, done: () => 1 },
        target: { target: { ...logDensity(1, (z) => -z[0]), ...target }, seed: 1, gradients: false },
      },
    );
  const savedWith = async (target: object) => {
    const store = memoryStore();
    await (await open(store, target)).save(1, 1);
    return store;
  };
  const shifted = (by: number) => ({ values: (points: Float64Array[]) => Float64Array.from(points, ([z]) => by - z) });

  it('is compared exactly by its answers, and to 1e-5 where it names an engine', async () => {
    await expect(open(await savedWith(shifted(0)), shifted(1e-12))).rejects.toThrow(
      "walk: the target's value at point 1 of 5 drawn from the seed is 1e-12, but the checkpoint was made with 0",
    );
    const engine = 'a device';
    const store = await savedWith({ ...shifted(0), engine });
    expect((await open(store, { ...shifted(1e-6), engine })).saved).toBe(1);
    await expect(open(store, { ...shifted(1e-4), engine })).rejects.toThrow("the target's value at point 1 of 5");
  });

  it('is what it says it is, and nothing is asked of it then', async () => {
    const named = (slope: number) => ({
      identity: async () => ({ slope }),
      values: () => expect.unreachable('no value is needed'),
    });
    const store = await savedWith(named(1));
    expect((await open(store, named(1))).saved).toBe(1);
    await expect(open(store, named(2))).rejects.toThrow(
      'walk: target.parts.slope is 2, but the checkpoint was made with 1',
    );
    await expect(open(store, {})).rejects.toThrow('walk: target.parts is undefined');
  });

  it('is refused where the arithmetic of JavaScript rounds otherwise', async () => {
    const store = await savedWith({});
    const { tanh } = Math;
    vi.spyOn(Math, 'tanh').mockImplementation((x) => tanh(x) * (1 + Number.EPSILON));
    await expect(open(store, {})).rejects.toThrow('walk: target.arithmetic is "Math rounds as crc32 ');
  });
});
