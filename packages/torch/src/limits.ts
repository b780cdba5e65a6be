import { requireCount, requireKnownOptions } from '@subspace/core/internals';

/** What a file may cost its reader. Whoever wrote it may wish harm: each limit is a clear error. */
export interface ReadLimits {
  /** Bytes that a compressed member may inflate to. Default 2³¹. */
  readonly memberBytes?: number;
  /** Steps of one pickle. Default 10⁷. */
  readonly opcodes?: number;
  /** Values that a pickle may remember, and the largest number it may remember one by. Default 10⁶. */
  readonly memo?: number;
  /** How deep values may lie in each other. Default 500. */
  readonly depth?: number;
  /** Elements of all tensors that need a copy, because of their strides. Default: as many as the file has bytes, and a million at least. */
  readonly elements?: number;
}

export function requireLimits(where: string, limits: ReadLimits, byteLength: number): Required<ReadLimits> {
  requireKnownOptions(`${where}: limits`, limits, ['memberBytes', 'opcodes', 'memo', 'depth', 'elements']);
  const all = {
    memberBytes: 2 ** 31,
    opcodes: 1e7,
    memo: 1e6,
    depth: 500,
    elements: Math.max(1e6, byteLength),
    ...limits,
  };
  for (const [name, value] of Object.entries(all)) requireCount(where, `limits.${name}`, value);
  return all;
}
