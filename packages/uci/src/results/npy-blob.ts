import { readNpy } from '@subspace/core';

/** What `numpy.save` writes of an array of float64 with one axis: how the original keeps arrays in its database. */
export function npyBlob(values: Float64Array): Uint8Array {
  const text = `{'descr': '<f8', 'fortran_order': False, 'shape': (${values.length},), }`;
  // Magic, version, length and header come to a multiple of 64 bytes.
  const length = 64 * Math.ceil((10 + text.length + 1) / 64);
  const bytes = new Uint8Array(length + 8 * values.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  const view = new DataView(bytes.buffer);
  view.setUint16(8, length - 10, true);
  bytes.set(new TextEncoder().encode(`${text.padEnd(length - 11)}\n`), 10);
  values.forEach((value, i) => {
    view.setFloat64(length + 8 * i, value, true);
  });
  return bytes;
}

export function fromNpyBlob(bytes: Uint8Array): Float64Array {
  return Float64Array.from(readNpy(bytes).data);
}
