import * as Plot from '@observablehq/plot';
import { argumentError, requireFinite, requireKnownOptions, requireLength } from '@subspace/core/internals';
import { figureDocument } from '#document';
import { horizontalTicks, verticalTicks } from './axis-ticks.ts';
import { composeFigure, type FigurePart, type SvgDocument, type SvgNode, titleRoom } from './figure.ts';
import { requireSize } from './figure-size.ts';
import { legend } from './legend.ts';
import { palette } from './palette.ts';
import { fontSize, textWidth } from './text-width.ts';
import { shortenedText } from './wrapped-text.ts';

export interface TracePlotOptions {
  /** Which coordinates to show; the first 10 by default. */
  readonly coordinates?: readonly number[];
  /** What the coordinates are called; z₁, z₂, … by default. */
  readonly names?: readonly string[];
  readonly title?: string;
  /** In pixels; 900, and 130 a row, by default. */
  readonly width?: number;
  readonly height?: number;
}

/**
 * Traces of a sample: a small panel for each coordinate, its chains over one another.
 *
 * Chains that mix look like one thick band; a chain apart, or a slow wave, is trouble. Where draws outnumber pixels, the least and
 * the greatest draw of each pixel are shown, so that no excursion is lost.
 *
 * @param draws of `sample`; `positions[chain][draw]` is a vector [K]
 * @returns the figure as SVG, the same string for the same input
 * @throws on no draws, vectors of different lengths, values that are not finite, a coordinate that is not there, unknown options
 * @example
 * ```ts
 * import { randomSource } from '@subspace/core';
 * import { tracePlot } from '@subspace/plots';
 *
 * const random = randomSource(1);
 * const chain = () => Array.from({ length: 200 }, () => Float64Array.of(random.normal(), random.normal()));
 * const svg = tracePlot({ positions: [chain(), chain()] }, { title: 'White noise' });
 * ```
 */
export function tracePlot(
  draws: { readonly positions: readonly (readonly ArrayLike<number>[])[] },
  options: TracePlotOptions = {},
): string {
  const where = 'tracePlot';
  requireKnownOptions(where, options, ['coordinates', 'names', 'title', 'width', 'height']);
  const positions = requirePositions(where, draws);
  const dim = positions[0][0].length;
  const { coordinates = range(Math.min(dim, 10)), title, width = 900 } = options;
  coordinates.forEach((k, i) => {
    if (!(Number.isInteger(k) && k >= 0 && k < dim)) {
      throw argumentError(where, `coordinates[${i}] is ${k}, expected an integer from 0 to ${dim - 1}`);
    }
  });
  if (coordinates.length === 0) throw argumentError(where, 'coordinates is empty, expected at least one');
  if (options.names !== undefined) requireLength(where, 'names', options.names, dim);
  const columns = coordinates.length > 3 ? 2 : 1;
  const rows = Math.ceil(coordinates.length / columns);

  const document = figureDocument() as SvgDocument;
  const key = legend(
    document,
    positions.map((_, chain) => ({
      label: `chain ${chain + 1}`,
      swatch: { kind: 'line', stroke: chainColor(chain), width: 2.5 },
    })),
    width - 32,
  );
  const top = titleRoom(title, width, 8);
  const chartTop = top + key.height + 4;
  const axisHeight = 34;
  const { height = chartTop + rows * 130 + axisHeight } = options;
  requireSize(where, width, height);
  const panelWidth = width / columns;
  const panelHeight = (height - chartTop - axisHeight) / rows;

  const name = (k: number) => shortenedText(String(options.names?.[k] ?? `z${subscript(k + 1)}`), panelWidth / 4);
  const nameWidth = Math.max(...coordinates.map((k) => 1.25 * textWidth(name(k))));
  const domains = coordinates.map((k) => extent(positions, k));
  const yTicks = domains.map((domain) => verticalTicks(domain, 4, panelHeight - 18));
  const marginLeft = nameWidth + 22 + Math.max(...yTicks.map((ticks) => ticks.width));
  const longest = positions.reduce((most, chain) => Math.max(most, chain.length), 2);
  const right = (label: number) => Math.max(16, label / 2 + 4);
  const xTicks = horizontalTicks([1, longest], 6, (label) => panelWidth - marginLeft - right(label));

  const parts = coordinates.map((k, i): FigurePart => {
    const [column, row] = [i % columns, Math.floor(i / columns)];
    // The axis of draws is written once a column, under its last panel.
    const last = i + columns >= coordinates.length;
    const node = Plot.plot({
      document: document as never,
      width: panelWidth,
      height: panelHeight + (last ? axisHeight : 0),
      marginTop: 8,
      marginRight: right(xTicks.width),
      marginBottom: 10 + (last ? axisHeight : 0),
      marginLeft,
      x: {
        domain: [1, longest],
        label: last ? 'draw' : null,
        labelAnchor: 'center',
        labelArrow: 'none',
        labelOffset: 36,
        ...(last ? { ticks: [...xTicks.values], tickFormat: xTicks.label } : { axis: null }),
      },
      y: { domain: domains[i], label: null, ticks: [...yTicks[i].values], tickFormat: yTicks[i].label },
      marks: [
        Plot.gridY({ stroke: palette.grid, strokeOpacity: 1, ticks: [...yTicks[i].values] }),
        ...positions.map((chain, c) =>
          Plot.line(trace(chain, k, Math.round(panelWidth)), {
            x: 'draw',
            y: 'value',
            stroke: chainColor(c),
            strokeWidth: 0.9,
            strokeOpacity: 0.8,
            className: `chain-${c + 1}`,
          }),
        ),
        Plot.frame({ stroke: palette.muted, strokeOpacity: 0.5 }),
        Plot.text([name(k)], {
          text: (label: string) => label,
          frameAnchor: 'left',
          dx: 8 - marginLeft,
          fontSize: fontSize + 1,
          fontWeight: 'bold',
          textAnchor: 'start',
          fill: palette.ink,
          className: 'coordinate',
        }),
      ],
    }) as unknown as SvgNode;
    return { node, x: column * panelWidth, y: chartTop + row * panelHeight };
  });
  return composeFigure({
    document,
    width,
    height,
    title,
    label: title ?? `Traces of ${coordinates.length} of ${dim} coordinates, ${positions.length} chains`,
    parts: [{ node: key.node, x: 16, y: top }, ...parts],
  });
}

function requirePositions(
  where: string,
  draws: Parameters<typeof tracePlot>[0],
): Parameters<typeof tracePlot>[0]['positions'] {
  const positions = draws?.positions;
  if (!Array.isArray(positions) || positions.length === 0) {
    throw argumentError(where, 'draws.positions is empty, expected at least one chain');
  }
  positions.forEach((chain, c) => {
    if (chain.length === 0) throw argumentError(where, `draws.positions[${c}] is empty, expected at least one draw`);
    chain.forEach((position: ArrayLike<number>, i: number) => {
      requireLength(where, `draws.positions[${c}][${i}]`, position, positions[0][0].length);
      requireFinite(where, `draws.positions[${c}][${i}]`, position);
    });
  });
  return positions;
}

/** A chain's values of one coordinate: all of them, or the least and the greatest of each bin, in their order. */
function trace(chain: readonly ArrayLike<number>[], k: number, bins: number): { draw: number; value: number }[] {
  const all = chain.map((position, i) => ({ draw: i + 1, value: position[k] }));
  if (all.length <= 2 * bins) return all;
  return range(bins).flatMap((bin) => {
    const part = all.slice(Math.floor((bin * all.length) / bins), Math.floor(((bin + 1) * all.length) / bins));
    const least = part.reduce((a, b) => (b.value < a.value ? b : a));
    const greatest = part.reduce((a, b) => (b.value > a.value ? b : a));
    return least.draw <= greatest.draw ? [least, greatest] : [greatest, least];
  });
}

/** The range of a coordinate, and a little around it. */
function extent(positions: readonly (readonly ArrayLike<number>[])[], k: number): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const chain of positions) {
    for (const position of chain) [low, high] = [Math.min(low, position[k]), Math.max(high, position[k])];
  }
  const margin = 0.04 * (high - low) || Math.max(1, 0.04 * Math.abs(low));
  return [low - margin, high + margin];
}

function chainColor(chain: number): string {
  return palette.chains[chain % palette.chains.length];
}

function subscript(index: number): string {
  return [...String(index)].map((digit) => '₀₁₂₃₄₅₆₇₈₉'[+digit]).join('');
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}
