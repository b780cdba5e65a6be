import { DOMParser } from 'linkedom';

export interface ParsedElement {
  getAttribute(name: string): string | null;
  querySelector(selector: string): ParsedElement | null;
  querySelectorAll(selector: string): Iterable<ParsedElement>;
  readonly parentElement: ParsedElement | null;
  readonly textContent: string;
}

export function parseSvg(svg: string): ParsedElement {
  return new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement as unknown as ParsedElement;
}

export function all(root: ParsedElement, selector: string): ParsedElement[] {
  return [...root.querySelectorAll(selector)];
}

/** The points of a path of straight lines. */
export function points(path: ParsedElement): [number, number][] {
  const numbers = path.getAttribute('d')!.match(/-?[\d.]+/g)!;
  return Array.from({ length: numbers.length / 2 }, (_, i) => [+numbers[2 * i], +numbers[2 * i + 1]]);
}

/** From pixels to data along an axis, read off its first and last tick. */
export function axisInverse(root: ParsedElement, axis: 'x' | 'y'): (pixel: number) => number {
  const labels = all(root, `g[aria-label="${axis}-axis tick label"] text`);
  const at = (label: ParsedElement) => {
    const [, x, y] = label.getAttribute('transform')!.match(/translate\(([-\d.]+),([-\d.]+)\)/)!;
    return { pixel: axis === 'x' ? +x : +y, value: Number(label.textContent.replace('−', '-').replaceAll(',', '')) };
  };
  const [first, last] = [at(labels[0]), at(labels.at(-1)!)];
  return (pixel) => first.value + ((pixel - first.pixel) / (last.pixel - first.pixel)) * (last.value - first.value);
}
