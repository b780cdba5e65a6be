import { fontSize, textWidth } from './text-width.ts';

/** Where an axis has ticks, and what stands there. */
export interface AxisTicks {
  readonly values: readonly number[];
  readonly label: (value: number) => string;
  /** Of the widest label, in pixels. */
  readonly width: number;
}

/** Pixels between two labels. */
const gap = 10;

/** Labels that are no longer, and have no more decimals, are written out. */
const plain = { characters: 10, decimals: 6 };

/** Ticks of a horizontal axis: about `count`, or fewer, so that no label touches another. `length` of the axis in pixels, given the widest label. */
export function horizontalTicks(domain: Domain, count: number, length: (width: number) => number): AxisTicks {
  return fitted(domain, count, length, (width) => width + gap);
}

/** Ticks of a vertical axis of a length in pixels. */
export function verticalTicks(domain: Domain, count: number, length: number): AxisTicks {
  return fitted(
    domain,
    count,
    () => length,
    () => 1.2 * fontSize,
  );
}

type Domain = readonly [number, number];

function fitted(
  domain: Domain,
  most: number,
  length: (width: number) => number,
  room: (width: number) => number,
): AxisTicks {
  // Halves, because the whole may be beyond the largest number.
  const half = domain[1] / 2 - domain[0] / 2;
  if (!(half > 0)) return labelled([domain[0]], stepOf(Math.abs(domain[0]) / 1000 || 1));
  for (let count = Math.max(1, Math.floor(most)); count >= 1; count--) {
    const step = stepOf(2 * (half / count));
    const ticks = labelled(multiples(domain, step), step);
    const distance = (length(ticks.width) * (step.size / 2)) / half;
    if (ticks.values.length < 2 || distance >= room(ticks.width)) return ticks;
  }
  const step = stepOf(2 * half);
  return labelled(multiples(domain, step).slice(0, 1), step);
}

interface Step {
  readonly size: number;
  /** The decimal place of its one digit. */
  readonly exponent: number;
}

/** The 1, 2 or 5 · 10ⁿ that is nearest, in ratio. */
function stepOf(about: number): Step {
  const exponent = Math.floor(Math.log10(about));
  // The smallest numbers have no such powers.
  const power = 10 ** exponent || about;
  const digits = about / power;
  if (digits >= Math.sqrt(50)) return { size: 10 * power, exponent: exponent + 1 };
  return { size: (digits >= Math.sqrt(10) ? 5 : digits >= Math.sqrt(2) ? 2 : 1) * power, exponent };
}

function multiples([low, high]: Domain, { size }: Step): number[] {
  const first = Math.ceil(low / size);
  const count = Math.floor(high / size) - first + 1;
  const values = Array.from({ length: Math.max(0, Math.min(count, 100)) }, (_, i) => (first + i) * size);
  // Where neighbouring numbers are further apart than the step.
  return [...new Set(values)];
}

function labelled(values: readonly number[], { exponent }: Step): AxisTicks {
  const longest = (label: (value: number) => string) => Math.max(0, ...values.map((value) => label(value).length));
  const decimals = Math.max(0, -exponent);
  const written = (value: number) => writtenOut(value, decimals);
  const powered = (value: number) => inPowers(value, exponent);
  const isPlain = longest(written) <= plain.characters && decimals <= plain.decimals;
  // Digits in groups are easier to read than those before an exponent, as long as they are about as many.
  const label = isPlain || longest(powered) > longest(written) - 3 ? written : powered;
  return { values, label, width: Math.max(0, ...values.map((value) => textWidth(label(value)))) };
}

/** 1234.5 and 12,345: years stay in one piece. */
function writtenOut(value: number, decimals: number): string {
  // (`toFixed` doesn't, beyond 10²¹.)
  const [whole, ...rest] = (
    Math.abs(value) < 1e21 ? Math.abs(value).toFixed(Math.min(100, decimals)) : BigInt(Math.abs(value)).toString()
  ).split('.');
  const grouped = /^\d{5,}$/.test(whole) ? whole.replace(/\B(?=(\d{3})+$)/g, ',') : whole;
  return signed(value, [grouped, ...rest].join('.'));
}

/** 1.25e12, to the decimal place of an exponent. */
function inPowers(value: number, exponent: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  const digits = Number(size.toExponential().split('e')[1]) - exponent;
  const text = size.toExponential(Math.min(15, Math.max(0, digits)));
  return signed(value, text.replace('e+', 'e').replace('-', '−'));
}

function signed(value: number, text: string): string {
  return value < 0 ? `−${text}` : text;
}
