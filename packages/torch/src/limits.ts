import { requireCount, requireKnownOptions } from '@subspace/core/internals';

/** What a file may cost its reader. Whoever wrote it may wish harm: each limit is a clear error. */
export interface ReadLimits {
  /** Bytes that compressed members of an archive may inflate to, together. Default 2²⁸; PyTorch compresses nothing. */
  readonly memberBytes?: number;
  /** Steps of one pickle. Default 10⁷. */
  readonly opcodes?: number;
  /** Values that a pickle may remember, and the largest number it may remember one by. Default 10⁶. */
  readonly memo?: number;
  /** How deep values may lie in each other. Default 500. */
  readonly depth?: number;
  /**
   * Elements that may be copied: of tensors that lie in another order, of NumPy's arrays in another order, and of what a pickle hands to functions. Default: twice
   * as many as the file has bytes, and a million at least.
   */
  readonly elements?: number;
}

export function requireLimits(where: string, limits: ReadLimits, byteLength: number): Required<ReadLimits> {
  requireKnownOptions(`${where}: limits`, limits, ['memberBytes', 'opcodes', 'memo', 'depth', 'elements']);
  const all = {
    memberBytes: 2 ** 28,
    opcodes: 1e7,
    memo: 1e6,
    depth: 500,
    elements: Math.max(1e6, 2 * byteLength),
    ...limits,
  };
  for (const [name, value] of Object.entries(all)) requireCount(where, `limits.${name}`, value);
  return all;
}
