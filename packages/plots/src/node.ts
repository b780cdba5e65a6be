import { randomBytes } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Resvg } from '@resvg/resvg-js';
import { argumentError, requireKnownOptions, requirePositive } from '@subspace/core/internals';

export interface PngOptions {
  /** Pixels of the picture for each pixel of the SVG; 2 by default. */
  readonly scale?: number;
  /** Width of the picture in pixels, instead of `scale`. */
  readonly width?: number;
}

/**
 * An SVG as PNG, drawn with fonts of its own (DejaVu Sans): text is there, and the same, on a machine without fonts.
 *
 * @param svg a figure of this package, or any SVG
 * @returns the bytes of the file
 * @throws if `svg` is not SVG, or a size is not a positive number
 * @example
 * ```ts
 * import { tracePlot } from '@subspace/plots';
 * import { renderPng } from '@subspace/plots/node';
 *
 * const png = renderPng(tracePlot({ positions: [[[0], [1], [0.5]]] }));
 * ```
 */
export function renderPng(svg: string, options: PngOptions = {}): Uint8Array {
  const { scale = 2, width } = options;
  requireKnownOptions('renderPng', options, ['scale', 'width']);
  requirePositive('renderPng', 'scale', scale);
  if (width !== undefined) requirePositive('renderPng', 'width', width);
  if (typeof svg !== 'string' || !svg.includes('<svg')) {
    throw argumentError('renderPng', 'svg is not an SVG document, expected a string with an svg element');
  }
  const resolve = createRequire(import.meta.url).resolve;
  try {
    const resvg = new Resvg(svg, {
      background: '#ffffff',
      fitTo: width === undefined ? { mode: 'zoom', value: scale } : { mode: 'width', value: Math.round(width) },
      font: {
        loadSystemFonts: false,
        fontFiles: ['DejaVuSans', 'DejaVuSans-Bold'].map((name) => resolve(`dejavu-fonts-ttf/ttf/${name}.ttf`)),
        defaultFontFamily: 'DejaVu Sans',
        sansSerifFamily: 'DejaVu Sans',
      },
    });
    return new Uint8Array(resvg.render().asPng());
  } catch (error) {
    throw argumentError('renderPng', `svg cannot be drawn (${(error as Error).message}), expected valid SVG`);
  }
}

/**
 * Writes an SVG as a PNG file, whole or not at all.
 *
 * @param path of the file; its folder must be there
 * @throws as `renderPng`, and if the file cannot be written
 * @example
 * ```ts
 * import { rm } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { tracePlot } from '@subspace/plots';
 * import { writePng } from '@subspace/plots/node';
 *
 * const path = join(tmpdir(), 'trace.png');
 * await writePng(tracePlot({ positions: [[[0], [1], [0.5]]] }), path, { scale: 1 });
 * await rm(path);
 * ```
 */
export async function writePng(svg: string, path: string, options: PngOptions = {}): Promise<void> {
  const bytes = renderPng(svg, options);
  // A reader, or an interrupt, never meets half a picture.
  const partial = `${path}.${randomBytes(6).toString('hex')}.partial`;
  try {
    await writeFile(partial, bytes);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
