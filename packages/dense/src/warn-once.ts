/** Prints a warning once in a process, by whatever copy of this package; topics tell warnings apart. */
export function warnOnce(topic: string, warning: string): void {
  const said = Symbol.for(`@subspace/dense: ${topic}`);
  const everybody = globalThis as { [said]?: true };
  if (everybody[said]) return;
  everybody[said] = true;
  console.warn(`@subspace/dense: ${warning}`);
}
