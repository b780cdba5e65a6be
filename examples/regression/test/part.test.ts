import { expect, it } from 'vitest';
import { type Part, pickParts } from '../src/part.ts';
import { parts } from '../src/parts.ts';

const names = (picked: readonly Part[]) => picked.map(({ name }) => name);

it('parts are picked by their names, and by the words in them', () => {
  // Without words all, but those of the second study, which are only there when asked for.
  expect(names(pickParts(parts))).toEqual(names(parts).filter((name) => !name.startsWith('ours-')));
  expect(names(pickParts(parts, 'ours'))).toEqual(names(parts).filter((name) => name.startsWith('ours-')));
  expect(names(pickParts(parts, 'swag, tunnel-ess'))).toEqual(['swag', 'tunnel-ess']);
  expect(names(pickParts(parts, 'grid'))).toEqual(['plane-grid', 'tunnel-grid']);
  // Of a name with dashes in it too.
  expect(names(pickParts(parts, 'pca-mean-field'))).toEqual(['pca-mean-field']);
  expect(() => pickParts(parts, 'pca,nothing')).toThrow('--only: has "nothing", expected sgd, ');
});

it('no two parts have the same name: each has a folder of its own', () => {
  expect(new Set(names(parts)).size).toBe(parts.length);
});
