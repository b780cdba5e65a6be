/** ⟨a, b⟩. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [s, t, u, v] = [0, 0, 0, 0];
  let i = 0;
  // Four sums at once: one would wait for each addition.
  for (; i + 4 <= a.length; i += 4) {
    s += a[i] * b[i];
    t += a[i + 1] * b[i + 1];
    u += a[i + 2] * b[i + 2];
    v += a[i + 3] * b[i + 3];
  }
  for (; i < a.length; i++) s += a[i] * b[i];
  return s + t + (u + v);
}

/** The length of a vector. */
export function norm(v: ArrayLike<number>): number {
  return Math.sqrt(dot(v, v));
}

/** into += factor·v, in place. */
export function addTimes(into: Float64Array, factor: number, v: ArrayLike<number>): void {
  for (let i = 0; i < into.length; i++) into[i] += factor * v[i];
}
