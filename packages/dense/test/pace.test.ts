import { describe, expect, it } from 'vitest';
import { pace } from '../src/threads/pace.ts';

/** Performs sections for so many milliseconds: the share of them done together. */
function share(
  speed: ReturnType<typeof pace>,
  duration: number,
  milliseconds: (together: boolean, call: number) => number,
): number {
  const work = 1e6;
  let calls = 0;
  let together = 0;
  for (let time = 0; time < duration; calls++) {
    const way = speed.together(work);
    const spent = milliseconds(way, calls);
    speed.took(work, way, spent);
    time += spent;
    if (way) together++;
  }
  return together / calls;
}

describe('pace', () => {
  it('takes the faster way', () => {
    expect(share(pace(), 1000, (together) => (together ? 0.015 : 0.028))).toBeGreaterThan(0.9);
    expect(share(pace(), 1000, (together) => (together ? 0.05 : 0.028))).toBeLessThan(0.1);
  });

  it('stays with it though a thread is held up now and then', () => {
    const stalls = (together: boolean, call: number) => (together ? (call % 800 === 799 ? 3 : 0.015) : 0.028);
    expect(share(pace(), 2000, stalls)).toBeGreaterThan(0.8);
  });

  it('leaves a way that becomes slow, and comes back', () => {
    const speed = pace();
    expect(share(speed, 1000, (together) => (together ? 0.015 : 0.028))).toBeGreaterThan(0.9);
    expect(share(speed, 1000, (together) => (together ? 0.2 : 0.028))).toBeLessThan(0.05);
    expect(share(speed, 1000, (together) => (together ? 0.015 : 0.028))).toBeGreaterThan(0.7);
  });

  it('does not count the time in which workers wake up', () => {
    let last = false;
    const late = (together: boolean) => {
      const woken = together && !last;
      last = together;
      if (woken) return 0.4;
      return together ? 0.015 : 0.028;
    };
    expect(share(pace(), 1000, late)).toBeGreaterThan(0.9);
  });

  it('tries the slower way rarely where sections are long', () => {
    const speed = pace();
    const ways = Array.from({ length: 120 }, () => {
      const way = speed.together(1e9);
      speed.took(1e9, way, way ? 4000 : 7000);
      return way;
    });
    expect(ways.filter((together) => !together).length).toBeLessThanOrEqual(2);
  });
});
