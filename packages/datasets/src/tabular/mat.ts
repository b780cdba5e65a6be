import { argumentError } from '@subspace/core/internals';
import { some, type TableFinding } from './finding.ts';
import { inflate } from './inflate.ts';
import { type MatElement, matElements, numbersOf, textOf } from './mat-element.ts';

/** An array of numbers of a MATLAB file, row major. */
export interface MatArray {
  readonly data: Float64Array;
  readonly shape: readonly number[];
}

export interface MatFile {
  /** The arrays of real numbers, by their names. */
  readonly arrays: ReadonlyMap<string, MatArray>;
  /** What else the file has: texts, cells, structures, objects. Not read. */
  readonly findings: readonly TableFinding[];
}

const COMPRESSED = 15;
const MATRIX = 14;

/** Classes of arrays, by number. From 6 to 15 they are numbers. */
const CLASSES: Readonly<Record<number, string>> = {
  1: 'a cell array',
  2: 'a structure',
  3: 'an object',
  4: 'a text',
  5: 'a sparse matrix',
  16: 'a function',
  17: 'an object',
};

/**
 * Reads a MATLAB file of version 5 (`save -v6` and `-v7`; what `scipy.io.savemat` writes): all arrays of real numbers, compressed or not, of any type and byte order.
 *
 * No code is executed. Other variables are skipped, and named in `findings`.
 *
 * @param file the bytes
 * @throws if it is no such file (version 7.3 is HDF5, which isn't read), damaged, ends too soon, or holds an integer beyond 2⁵³
 * @see https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf
 * @example
 * ```ts
 * import { readMat } from '@subspace/datasets';
 *
 * // A variable `x` with the one number 7, as MATLAB writes it.
 * const bytes = new Uint8Array(128 + 56);
 * bytes.set(new TextEncoder().encode('MATLAB 5.0 MAT-file'.padEnd(124)));
 * const words = [0x4d490100, 14, 48, 6, 8, 6, 0, 5, 8, 1, 1, 0x00010001, 0x78, 0x00010002, 7];
 * for (const [i, word] of words.entries()) new DataView(bytes.buffer).setUint32(124 + 4 * i, word, true);
 * (await readMat(bytes)).arrays.get('x'); // { data: Float64Array [7], shape: [1, 1] }
 * ```
 */
export async function readMat(file: Uint8Array | ArrayBuffer): Promise<MatFile> {
  const bytes = ArrayBuffer.isView(file) ? file : new Uint8Array(file);
  const littleEndian = requireVersion5(bytes);
  const arrays = new Map<string, MatArray>();
  const skipped: string[] = [];
  for (const element of matElements(bytes, 128, littleEndian)) {
    let matrix: MatElement | undefined = element;
    if (element.type === COMPRESSED) {
      const inflated = await inflate('readMat', element.bytes, 'deflate');
      matrix = matElements(inflated, 0, littleEndian).next().value ?? undefined;
    }
    if (matrix?.type !== MATRIX) {
      skipped.push(`an element of type ${matrix?.type}`);
      continue;
    }
    const { name, kind, array } = readMatrix(matrix.bytes, littleEndian);
    if (array) arrays.set(name, array);
    else skipped.push(name === '' ? kind : `${name} (${kind})`);
  }
  const findings: TableFinding[] = [];
  if (skipped.length > 0) {
    const problem = `the file has other variables than arrays of real numbers: ${some(skipped)}`;
    findings.push({ code: 'variables-left-out', problem, advice: 'They were left out.' });
  }
  return { arrays, findings };
}

function requireVersion5(bytes: Uint8Array): boolean {
  const fail = (came: string) => argumentError('readMat', `the file ${came}, expected a MATLAB file of version 5`);
  if (bytes.length < 128) throw fail(`has ${bytes.length} bytes`);
  const first = new TextDecoder('latin1').decode(bytes.subarray(0, 124));
  if (first.startsWith('MATLAB 7.3'))
    throw fail('is of version 7.3, which is HDF5 (MATLAB writes version 5 by save -v7)');
  const mark = String.fromCharCode(bytes[126], bytes[127]);
  if (mark !== 'IM' && mark !== 'MI') throw fail('does not begin like one');
  const version = mark === 'IM' ? bytes[125] : bytes[124];
  if (version !== 1) throw fail(`is of version ${version}`);
  return mark === 'IM';
}

/** Flags, lengths, name, real part, and an imaginary part where there is one. */
function readMatrix(bytes: Uint8Array, littleEndian: boolean): { name: string; kind: string; array?: MatArray } {
  const parts = matElements(bytes, 0, littleEndian);
  const next = (): MatElement => {
    const { done, value } = parts.next();
    if (done) throw argumentError('readMat', 'a variable ends too soon, expected a whole file');
    return value;
  };
  const flags = numbersOf(next(), littleEndian)[0];
  const kind = flags & 0xff;
  // Objects of other kinds have their name where others have their lengths.
  if (kind === 17) return { name: textOf(next()), kind: CLASSES[kind] };
  const shape = Array.from(numbersOf(next(), littleEndian));
  const name = textOf(next());
  if (kind < 6 || kind > 15) return { name, kind: CLASSES[kind] ?? `class ${kind}` };
  if (flags & 0x800) return { name, kind: 'complex numbers' };
  const size = shape.reduce((product, length) => product * length, 1);
  const columnMajor = size === 0 ? new Float64Array(0) : numbersOf(next(), littleEndian);
  if (columnMajor.length !== size) {
    throw argumentError(
      'readMat',
      `variable ${name} has ${columnMajor.length} numbers, expected ${size} for shape [${shape.join(', ')}]`,
    );
  }
  return { name, kind: 'numbers', array: { data: rowMajor(columnMajor, shape), shape } };
}

function rowMajor(data: Float64Array, shape: readonly number[]): Float64Array {
  const made = new Float64Array(data.length);
  const index = shape.map(() => 0);
  for (let from = 0; from < data.length; from++) {
    let to = 0;
    for (let axis = 0; axis < shape.length; axis++) to = to * shape[axis] + index[axis];
    made[to] = data[from];
    for (let axis = 0; axis < shape.length && ++index[axis] === shape[axis]; axis++) index[axis] = 0;
  }
  return made;
}
