import { describeGolden, readGolden } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { scaleMatrix } from '../src/scale-matrix.ts';
import { joinTurns, type TrajectoryPiece, trajectoryTree } from '../src/trajectory-tree.ts';
import { isTurning, type TrajectoryEnd } from '../src/u-turn.ts';
import { goldenTarget } from './golden-targets.ts';
import { at, leap } from './phase.ts';

/** Under a unit mass matrix. */
const end = (...momentum: number[]): TrajectoryEnd => ({
  momentum: Float64Array.from(momentum),
  velocity: Float64Array.from(momentum),
});
const sum = (...pieces: TrajectoryEnd[]) =>
  pieces[0].momentum.map((_, k) => pieces.reduce((total, piece) => total + piece.momentum[k], 0));
const piece = (...states: TrajectoryEnd[]): TrajectoryPiece => ({
  first: states[0],
  last: states[states.length - 1],
  sum: sum(...states),
});
/** A state on a circle, by its angle in degrees. */
const circle = (degrees: number) => end(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180));

describe('isTurning', () => {
  it('says no to a straight line and yes to a way back', () => {
    const none = new Float64Array(2);
    expect(isTurning(end(1, 0), end(1, 0.1), sum(end(1, 0), end(1, 0.1)), none)).toBe(false);
    expect(isTurning(end(1, 0), end(-1, 0.1), sum(end(1, 0), end(-1, 0.1)), none)).toBe(true);
  });

  it('is the same whichever end comes first, and however the sum is split', () => {
    const states = [circle(0), circle(50), circle(100), circle(150)];
    const [one, two] = [sum(states[0], states[1]), sum(states[2], states[3])];
    const turning = isTurning(states[0], states[3], one, two);
    expect(isTurning(states[3], states[0], two, one)).toBe(turning);
    expect(isTurning(states[0], states[3], sum(...states), new Float64Array(2))).toBe(turning);
  });
});

describe('joinTurns', () => {
  // Two half turns: the ends of the whole, at 0° and 340°, look forward; the sum of momenta is nearly nothing.
  const states = [0, 49, 98, 147, 196, 245, 294, 343].map(circle);

  it('sees that two pieces of a circle, neither of which turns, turn with the nearest state of the other', () => {
    const [one, two] = [piece(...states.slice(0, 3)), piece(...states.slice(3, 6))];
    for (const { first, last, sum: total } of [one, two]) {
      expect(isTurning(first, last, total, new Float64Array(2))).toBe(false);
    }
    expect(joinTurns(one, two, false)).toBe(true);
  });

  it('does not look at neighbours of single states', () => {
    expect(joinTurns(piece(circle(0)), piece(circle(170)), true)).toBe(false);
    expect(joinTurns(piece(end(1, 0)), piece(end(-1.5, 0.5)), true)).toBe(true);
  });

  it('sees what the ends of the whole do not show', () => {
    // Once round and a little more: the ends agree with the way gone, so that only the neighbours tell.
    const drift = [0, 60, 120, 180, 240, 300, 360, 420].map((degrees) => {
      const { momentum } = circle(degrees);
      return end(momentum[0] + 0.45, momentum[1] + 0.3);
    });
    const [one, two] = [piece(...drift.slice(0, 4)), piece(...drift.slice(4))];
    expect(isTurning(one.first, two.last, one.sum, two.sum)).toBe(false);
    expect(joinTurns(one, two, false)).toBe(true);
  });
});

describe('trajectoryTree', () => {
  it('keeps the first and last state and the sum of all of a whole tree', () => {
    const tree = trajectoryTree(2, 4);
    const states = Array.from({ length: 8 }, (_, i) => end(1 + 0.01 * i, 0.02 * i));
    for (const [index, state] of states.entries()) expect(tree.add(index, state)).toBe(false);
    const whole = tree.whole(3);
    expect([...whole.first.momentum]).toEqual([...states[0].momentum]);
    expect([...whole.last.momentum]).toEqual([...states[7].momentum]);
    for (const k of [0, 1]) expect(whole.sum[k]).toBeCloseTo(sum(...states)[k], 12);
  });

  it('turns at the first state that completes a piece that turns', () => {
    const turnsAt = (degrees: number, count: number) => {
      const tree = trajectoryTree(2, 6);
      for (let i = 0; i < count; i++) if (tree.add(i, circle(i * degrees))) return i;
      return undefined;
    };
    // More than half a circle: four states over 3 · 70°, eight over 7 · 30°, sixteen over 15 · 20°. Two of the same energy never turn.
    expect([70, 30, 20].map((degrees) => turnsAt(degrees, 32))).toEqual([3, 7, 15]);
    expect(turnsAt(190, 2)).toBeUndefined();
  });
});

describeGolden('samplers-hmc.json', (golden) => {
  it("has NumPyro's flags on growing spans of the reference trajectories", () => {
    const targets = readGolden('samplers-targets.json');
    let turning = 0;
    for (const { target: name, inverseMass: matrix, position, momentum, stepSize, uTurn } of golden.cases) {
      const target = goldenTarget(name, targets[name]);
      const inverseMass = scaleMatrix(Float64Array.from(matrix.flat()), target.dim)!;
      const point = at(target, inverseMass, position, momentum);
      const states: TrajectoryEnd[] = [];
      uTurn.spanLengths.forEach((length: number, i: number) => {
        for (; states.length < length; leap(target, inverseMass, point, stepSize)) {
          states.push({ momentum: point.momentum.slice(), velocity: point.velocity.slice() });
        }
        const { first, last, sum: rho } = piece(...states);
        expect(isTurning(first, last, rho, new Float64Array(target.dim))).toBe(uTurn.turningNumpyro[i]);
        if (uTurn.turningNumpyro[i]) turning++;
      });
    }
    expect(turning).toBe(5);
  });
});
