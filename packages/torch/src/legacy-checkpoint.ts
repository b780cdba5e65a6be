import { argumentError, show } from '@subspace/core/internals';
import type { ByteReader } from './async-buffer.ts';
import { copyBudget } from './copy-budget.ts';
import { ELEMENT_TYPES } from './element-type.ts';
import type { ReadLimits } from './limits.ts';
import { MORE_BYTES } from './pickle/pickle-cursor.ts';
import type { PickleValue } from './pickle/pickle-value.ts';
import { type PickleWorld, type Unpickled, unpickle } from './pickle/unpickle.ts';
import { placeTensors } from './place-tensors.ts';
import { storageReader } from './storage-reader.ts';
import { type TensorPlan, torchFunctions } from './torch-functions.ts';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;
/** Bytes that a pickle is looked for in at first. */
const FIRST_WINDOW = 2 ** 18;

/**
 * The format before PyTorch 1.6: pickles of a magic number, the protocol, the machine, the object and the keys of its storages, and then the storages, each
 * behind its size. Numbers are little-endian whatever the machine says of itself: so PyTorch wrote them on big-endian ones, too.
 */
export async function readLegacyCheckpoint(
  where: string,
  file: ByteReader,
  limits: Required<ReadLimits>,
): Promise<PickleValue> {
  const nothing: PickleWorld = {
    functions: new Map(),
    copies: copyBudget(where, limits),
    persistent: () => {
      throw argumentError(where, 'the file is damaged: a storage comes before there is one');
    },
  };
  const magic = await pickleAt(where, file, 0, nothing, limits);
  if (magic.value !== MAGIC) {
    throw argumentError(
      where,
      'the file is a pickle, but none of torch.save; expected a .pt file: torch.save(model.state_dict(), path)',
    );
  }
  const protocol = await pickleAt(where, file, magic.end, nothing, limits);
  if (protocol.value !== PROTOCOL)
    throw argumentError(where, `the file has protocol ${show(protocol.value)}, expected ${PROTOCOL}`);
  const machine = await pickleAt(where, file, protocol.end, nothing, limits);

  const { storages, persistent } = storageReader(where);
  let plans: TensorPlan[] = [];
  let copies = copyBudget(where, limits);
  const object = await pickleAt(
    where,
    file,
    machine.end,
    () => {
      plans = [];
      copies = copyBudget(where, limits);
      return { functions: torchFunctions(where, plans, copies), copies, persistent };
    },
    limits,
  );
  const keys = await pickleAt(where, file, object.end, nothing, limits);
  if (!Array.isArray(keys.value))
    throw argumentError(where, 'the file is damaged: the keys of its storages are no list');

  let at = keys.end;
  for (const key of keys.value) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (!storage?.type)
      throw argumentError(where, `the file is damaged: storage ${show(key)} is not one of its tensors'`);
    const head = await file.read(at, at + 8);
    const size = Number(new DataView(head.buffer, head.byteOffset, 8).getBigInt64(0, true));
    if (size !== storage.size)
      throw argumentError(
        where,
        `the file is damaged: storage ${show(key)} has ${size} elements, expected ${storage.size}`,
      );
    at += 8;
    const end = at + size * ELEMENT_TYPES[storage.type].bytes;
    storage.bytes = await file.read(at, end);
    at = end;
  }
  for (const { key, bytes } of storages.values()) {
    if (!bytes) throw argumentError(where, `the file is damaged: it has no storage ${show(key)}`);
  }
  placeTensors(plans, copies);
  return object.value;
}

/** A pickle whose length is known when it ends: read in windows, each twice as long. */
async function pickleAt(
  where: string,
  file: ByteReader,
  start: number,
  world: PickleWorld | (() => PickleWorld),
  limits: Required<ReadLimits>,
): Promise<Unpickled> {
  for (let window = FIRST_WINDOW; ; window *= 2) {
    const end = Math.min(file.byteLength, start + window);
    try {
      const { value, end: length } = unpickle(
        where,
        await file.read(start, end),
        0,
        typeof world === 'function' ? world() : world,
        limits,
      );
      return { value, end: start + length };
    } catch (error) {
      if (error !== MORE_BYTES) throw error;
      if (end === file.byteLength) throw argumentError(where, 'the file is damaged: a pickle has no end');
    }
  }
}
