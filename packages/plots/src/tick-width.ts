import { textWidth } from './figure.ts';

/** About how wide the widest tick label of an axis will be, in pixels: margins and gaps are to leave room for it. */
export function tickWidth(domain: readonly [number, number], ticks = 6): number {
  const step = 10 ** Math.floor(Math.log10((domain[1] - domain[0]) / ticks));
  const decimals = Math.min(12, Math.max(0, -Math.floor(Math.log10(step))));
  const label = (value: number) =>
    (Math.round(value / step) * step).toLocaleString('en-US', {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    });
  return Math.max(...domain.map((end) => textWidth(label(end))));
}
