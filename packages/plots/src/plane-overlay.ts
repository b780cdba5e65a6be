import * as Plot from '@observablehq/plot';
import { argumentError, requireFinite } from '@subspace/core/internals';
import { clippedLine, isNearFrame } from './clipped-line.ts';
import { boldLabelWidth, labelPlaces } from './label-places.ts';
import type { LegendEntry } from './legend.ts';
import { palette } from './palette.ts';
import { fontSize } from './text-width.ts';
import { wrappedText } from './wrapped-text.ts';

/** A place in the plane that has a name. */
export interface SurfacePoint {
  readonly label: string;
  readonly x: number;
  readonly y: number;
}

/** What lies on a surface. */
export interface PlaneOverlay {
  /** Points of a curve, in its order; of each the first two coordinates are shown. */
  readonly curve?: readonly ArrayLike<number>[];
  /** Draws; of each the first two coordinates are shown. */
  readonly draws?: readonly ArrayLike<number>[];
  /** Solutions, say. */
  readonly points?: readonly SurfacePoint[];
}

export const planeOverlayOptions: readonly string[] = ['curve', 'draws', 'points'];

export function requirePlaneOverlay(where: string, { curve = [], draws = [], points = [] }: PlaneOverlay): void {
  for (const [name, positions] of Object.entries({ curve, draws })) {
    positions.forEach((position, i) => {
      if (!(position?.length >= 2)) {
        throw argumentError(where, `${name}[${i}] has length ${position?.length}, expected at least 2 coordinates`);
      }
      requireFinite(where, `${name}[${i}]`, position);
    });
  }
  points.forEach((point, i) => {
    requireFinite(where, `points[${i}]`, [point.x, point.y]);
  });
}

export function overlayLegend({ curve = [], draws = [] }: PlaneOverlay): LegendEntry[] {
  const entries: LegendEntry[] = [];
  if (curve.length > 0) entries.push({ label: 'curve', swatch: { kind: 'line', stroke: palette.curve, width: 2.5 } });
  if (draws.length > 0) entries.push({ label: 'draws', swatch: { kind: 'dot', fill: palette.data, radius: 3 } });
  return entries;
}

/** From the back to the front. `pixel` says where a place of the plane is, in a frame of so many pixels. */
export function overlayMarks(
  { curve = [], draws = [], points: named = [] }: PlaneOverlay,
  frame: { readonly width: number; readonly height: number },
  pixel: (x: number, y: number) => { readonly x: number; readonly y: number },
): Plot.Markish[] {
  const points = named.filter(({ x, y }) => isNearFrame(pixel(x, y), frame));
  const labels = points.map(({ label }) => wrappedText(String(label), frame.width / 2 / boldLabelWidth));
  const places = labelPlaces(
    points.map(({ x, y }, i) => ({ ...pixel(x, y), lines: labels[i] })),
    curve.map((position) => pixel(position[0], position[1])),
    frame,
  );
  const near = clippedLine(curve, pixel, frame);
  const line = (stroke: string, strokeWidth: number, className: string) =>
    Plot.line(near, { x: '0', y: '1', curve: 'linear', stroke, strokeWidth, clip: true, className });
  return [
    Plot.dot(
      draws.filter((draw) => isNearFrame(pixel(draw[0], draw[1]), frame)),
      {
        x: '0',
        y: '1',
        r: 2.1,
        fill: palette.data,
        fillOpacity: 0.75,
        stroke: '#ffffff',
        strokeWidth: 0.5,
        clip: true,
        className: 'draws',
      },
    ),
    ...(curve.length > 0 ? [line('#ffffff', 5, 'curve-edge'), line(palette.curve, 2.5, 'curve')] : []),
    Plot.dot(points, {
      x: 'x',
      y: 'y',
      symbol: 'diamond',
      r: 6,
      fill: '#000000',
      stroke: '#ffffff',
      strokeWidth: 1.5,
      className: 'points',
    }),
    ...points.map((point, i) =>
      Plot.text([point], {
        x: 'x',
        y: 'y',
        text: () => labels[i].join('\n'),
        ...places[i],
        fontSize: fontSize + 1,
        fontWeight: 'bold',
        fill: '#000000',
        stroke: '#ffffff',
        strokeWidth: 4,
        className: 'point-labels',
      }),
    ),
  ];
}
