import { argumentError } from '@subspace/core/internals';
import type { CopyBudget } from '../copy-budget.ts';
import { setArrayState } from '../numpy-array.ts';
import {
  fullName,
  isInstance,
  isMap,
  isSet,
  type PickleGlobal,
  type PickleInstance,
  type PickleValue,
} from './pickle-value.ts';

/** Makes data of its arguments; nothing else. */
export type PickleFunction = (args: readonly PickleValue[]) => PickleValue;

/** What a pickle of plain data calls: constructors of Python's own containers, and how protocol 2 writes bytes. */
const CONTAINERS: ReadonlyMap<string, (args: readonly PickleValue[]) => PickleValue | undefined> = new Map([
  ['collections.OrderedDict', (args) => pairs(args[0])],
  ['collections.defaultdict', (args) => pairs(args[1])],
  ['collections.Counter', (args) => pairs(args[0])],
  ['builtins.dict', (args) => pairs(args[0])],
  ['builtins.list', (args) => [...listOf(args[0])]],
  ['builtins.tuple', (args) => [...listOf(args[0])]],
  ['builtins.set', (args) => new Set(listOf(args[0]))],
  ['builtins.frozenset', (args) => new Set(listOf(args[0]))],
  ['builtins.slice', (args) => [...args]],
  ['builtins.bytearray', (args) => (args.length === 0 ? new Uint8Array(0) : bytesOf(args[0], args[1]))],
  ['builtins.bytes', (args) => (args.length === 0 ? new Uint8Array(0) : bytesOf(args[0], args[1]))],
  ['_codecs.encode', (args) => bytesOf(args[0], args[1])],
] as [string, (args: readonly PickleValue[]) => PickleValue | undefined][]);

/** Python 2's names of what Python 3 calls otherwise. */
const RENAMED: Readonly<Record<string, string>> = { __builtin__: 'builtins', copy_reg: 'copyreg' };

/** Calls a function of the allow-list; all others are refused by name. */
export function callAllowed(
  where: string,
  callee: PickleGlobal,
  args: readonly PickleValue[],
  functions: ReadonlyMap<string, PickleFunction>,
  copies: CopyBudget,
): PickleValue {
  copies(args.reduce<number>((sum, arg) => sum + elementsIn(arg), args.length));
  const { name } = callee;
  const module = Object.hasOwn(RENAMED, callee.module) ? RENAMED[callee.module] : callee.module;
  const full = fullName({ kind: 'global', module, name });
  const allowed = functions.get(full);
  if (allowed) return allowed(args);
  const container = CONTAINERS.get(full);
  if (container) {
    const value = container(args);
    if (value === undefined)
      throw argumentError(where, `the pickle calls ${full} with arguments that it does not take`);
    return value;
  }
  // How classes without a way of their own are made: of their name alone.
  if (full === 'copyreg._reconstructor' && isClass(args[0])) return newInstance(args[0], []);
  if (full === 'copyreg.__newobj__' && isClass(args[0])) return newInstance(args[0], args.slice(1));
  throw argumentError(
    where,
    `the file calls ${full}, which is not allowed: reading executes no code. Save the weights alone: torch.save(model.state_dict(), path)`,
  );
}

/** An object as inert data; a subclass of nothing but a dict is one. */
export function newInstance(type: PickleGlobal, args: readonly PickleValue[]): PickleValue {
  const full = fullName(type);
  if (full === 'collections.OrderedDict' && args.length === 0) return new Map();
  const { module, name } = type;
  return { kind: 'instance', module, name, args, state: null, items: new Map(), list: [] } satisfies PickleInstance;
}

/** Sets what an object was saved with; false where it has no state. */
export function buildState(where: string, target: PickleValue, state: PickleValue, copies: CopyBudget): boolean {
  if (isInstance(target)) {
    (target as { state: PickleValue }).state = state;
    return true;
  }
  // Attributes of an OrderedDict: the `_metadata` of a state dict, which versions of modules lie in.
  if (isMap(target)) return isMap(state);
  return setArrayState(where, target, state, copies);
}

const isClass = (value: PickleValue): value is PickleGlobal => (value as PickleGlobal | null)?.kind === 'global';

/** What a function may copy of an argument. */
function elementsIn(value: PickleValue): number {
  if (Array.isArray(value) || typeof value === 'string') return value.length;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  return isMap(value) || isSet(value) ? value.size : 0;
}

function listOf(value: PickleValue | undefined): readonly PickleValue[] {
  return Array.isArray(value) ? value : [];
}

function pairs(value: PickleValue | undefined): PickleValue | undefined {
  if (value === undefined) return new Map();
  if (isMap(value)) return new Map(value);
  if (!Array.isArray(value) || !value.every((pair) => Array.isArray(pair) && pair.length === 2)) return undefined;
  return new Map(value as [PickleValue, PickleValue][]);
}

function bytesOf(value: PickleValue, encoding: PickleValue | undefined): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) return value as Uint8Array;
  if (typeof value !== 'string') return undefined;
  if (encoding === 'utf-8' || encoding === 'utf8') return new TextEncoder().encode(value);
  if (encoding !== 'latin1' && encoding !== 'latin-1' && encoding !== 'ascii') return undefined;
  const bytes = new Uint8Array(value.length);
  for (let i = 0; i < bytes.length; i++) {
    if (value.charCodeAt(i) > 255) return undefined;
    bytes[i] = value.charCodeAt(i);
  }
  return bytes;
}
