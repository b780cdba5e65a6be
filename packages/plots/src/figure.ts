import { palette } from './palette.ts';
import { fontSize } from './text-width.ts';
import { wrappedText } from './wrapped-text.ts';

/** The little of the DOM that figures need; the types of `lib.dom` would demand them of every user. */
export interface SvgNode {
  setAttribute(name: string, value: string | number): void;
  removeAttribute(name: string): void;
  append(...nodes: (SvgNode | string)[]): void;
  remove(): void;
  querySelectorAll(selector: string): Iterable<SvgNode>;
  readonly outerHTML: string;
}

export interface SvgDocument {
  createElementNS(namespace: string, name: string): SvgNode;
}

/** A piece of a figure (made by Plot) and the place of its upper left corner, in pixels. */
export interface FigurePart {
  readonly node: SvgNode;
  readonly x: number;
  readonly y: number;
}

export interface Figure {
  readonly document: SvgDocument;
  readonly width: number;
  readonly height: number;
  /** Drawn at the top if it is there. */
  readonly title?: string;
  /** What a screen reader says. */
  readonly label: string;
  readonly parts: readonly FigurePart[];
}

const namespace = 'http://www.w3.org/2000/svg';

/** DejaVu Sans last but one: the font that `renderPng` brings along. */
const fonts = "'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif";

const titleFont = { 'font-size': 16, 'font-weight': 'bold' };
/** Of a line of the title in pixels, and of its type for each pixel of `textWidth`. */
const titleLineHeight = 20;
const titleWidth = 1.4;

/** Pixels from the top to what comes under the title, or under none. */
export function titleRoom(title: string | undefined, width: number, none: number): number {
  return title === undefined ? none : 18 + titleLineHeight * titleLines(title, width).length;
}

function titleLines(title: string, width: number): string[] {
  return wrappedText(title, (width - 32) / titleWidth);
}

/** One SVG out of parts: white background, fonts, title; the same string for the same parts. */
export function composeFigure({ document, width, height, title, label, parts }: Figure): string {
  const root = element(document, 'svg', {
    xmlns: namespace,
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: 'img',
    'font-family': fonts,
    'font-size': fontSize,
    color: palette.ink,
    fill: palette.ink,
  });
  root.append(withText(element(document, 'title', {}), label));
  root.append(element(document, 'rect', { width, height, fill: '#ffffff' }));
  if (title !== undefined) {
    titleLines(title, width).forEach((line, i) => {
      const place = { x: 16, y: 25 + titleLineHeight * i };
      root.append(withText(element(document, 'text', { ...place, ...titleFont, class: 'title' }), line));
    });
  }
  for (const { node, x, y } of parts) {
    // Plot's style sheet is of no use to a picture that stands alone, and renderers differ in what they make of it.
    for (const style of node.querySelectorAll('style')) style.remove();
    node.removeAttribute('class');
    node.removeAttribute('font-family');
    node.setAttribute('font-size', fontSize);
    node.setAttribute('x', x);
    node.setAttribute('y', y);
    root.append(node);
  }
  // Written by hand: HTML, and with it `outerHTML`, leaves < (and linkedom &) in attributes as they are, which is not XML.
  return readable(stable(root.outerHTML).replace('<svg ', () => `<svg aria-label="${escaped(label)}" `));
}

/** Tenths of a pixel, and ids that depend on the picture only: Plot counts them through the life of the process. */
function stable(svg: string): string {
  // A browser writes no-break spaces as an entity that XML does not know.
  const rounded = svg
    .replaceAll('&nbsp;', '&#160;')
    .replace(/ (d|transform|x|y|x1|x2|y1|y2|cx|cy|width|height)="([^"]*)"/g, (_, name, value) => {
      const shorter = value.replace(/-?\d*\.\d{2,}(e-?\d+)?/g, (number: string) =>
        String(Math.round(+number * 10) / 10),
      );
      return ` ${name}="${shorter}"`;
    });
  const ids = [...new Set(rounded.match(/plot-(?:clip|pattern)-\d+/g) ?? [])];
  const anonymous = rounded.replace(/plot-(?:clip|pattern)-\d+/g, (id) => `part-${ids.indexOf(id)}`);
  // Two figures in one page must not share an id.
  const prefix = fingerprint(anonymous);
  return anonymous.replace(/\bpart-(\d+)/g, `subspace-${prefix}-$1`);
}

/** Characters that no XML may hold (control characters, half a pair of surrogates) shown as the replacement character. */
function readable(svg: string): string {
  return svg.replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\uFFFD');
}

function escaped(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (character) => entities[character]);
}

/** FNV-1a. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(36);
}

function element(document: SvgDocument, name: string, attributes: Record<string, string | number>): SvgNode {
  const node = document.createElementNS(namespace, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

function withText(node: SvgNode, text: string): SvgNode {
  node.append(text);
  return node;
}
