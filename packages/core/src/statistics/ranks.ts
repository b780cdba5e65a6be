/** Ranks of all values together, from 1, ties sharing their average; in the chains' shape. */
export function ranks(chains: readonly Float64Array[]): readonly Float64Array[] {
  const length = chains[0].length;
  const flat = Float64Array.from(
    { length: chains.length * length },
    (_, i) => chains[Math.floor(i / length)][i % length],
  );
  const order = Array.from(flat.keys()).sort((a, b) => flat[a] - flat[b]);
  const ranked = new Float64Array(flat.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && flat[order[end]] === flat[order[start]]) end++;
    for (let i = start; i < end; i++) ranked[order[i]] = (start + 1 + end) / 2;
    start = end;
  }
  return chains.map((_, c) => ranked.subarray(c * length, (c + 1) * length));
}
