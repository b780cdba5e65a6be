import { argumentError } from '@subspace/core/internals';
import type { ByteReader } from './async-buffer.ts';
import { copyBudget } from './copy-budget.ts';
import { ELEMENT_TYPES } from './element-type.ts';
import type { ReadLimits } from './limits.ts';
import { MORE_BYTES } from './pickle/pickle-cursor.ts';
import type { PickleValue } from './pickle/pickle-value.ts';
import { unpickle } from './pickle/unpickle.ts';
import { placeTensors } from './place-tensors.ts';
import { storageReader } from './storage-reader.ts';
import { type TensorPlan, torchFunctions } from './torch-functions.ts';
import type { TorchStorage } from './torch-storage.ts';
import { zipArchive } from './zip-archive.ts';

/** The format since PyTorch 1.6: a zip archive with the pickle as `…/data.pkl` and each storage as `…/data/<key>`. */
export async function readZipCheckpoint(
  where: string,
  file: ByteReader,
  limits: Required<ReadLimits>,
  checksums: boolean,
): Promise<PickleValue> {
  const archive = await zipArchive(where, file, limits, checksums);
  const pickles = [...archive.members.keys()].filter((name) => /(^|\/)data\.pkl$/.test(name));
  if (pickles.length !== 1) {
    throw argumentError(where, `the archive has ${pickles.length} data.pkl, expected one: is it a file of torch.save?`);
  }
  const root = pickles[0].slice(0, -'data.pkl'.length);
  if (archive.members.has(`${root}constants.pkl`)) {
    throw argumentError(
      where,
      'the file is a TorchScript archive, which is code; save the weights: torch.save(model.state_dict(), path)',
    );
  }
  const order = archive.members.get(`${root}byteorder`);
  const bigEndian = order !== undefined && new TextDecoder().decode(await archive.read(order)).trim() === 'big';

  const plans: TensorPlan[] = [];
  const copies = copyBudget(where, limits);
  const { storages, persistent } = storageReader(where);
  const pickle = await archive.read(archive.members.get(pickles[0])!);
  const value = unpickleWhole(
    where,
    pickle,
    { functions: torchFunctions(where, plans, copies), copies, persistent },
    limits,
  );
  const wanted = [...storages.values()];
  const begin = (storage: TorchStorage): Promise<Uint8Array> => {
    const member = archive.members.get(`${root}data/${storage.key}`);
    const expected = storage.size * (storage.type ? ELEMENT_TYPES[storage.type].bytes : 1);
    if (!member || member.size !== expected) {
      const came = member ? `${member.size} bytes` : 'no bytes';
      throw argumentError(
        where,
        `the file is damaged: storage ${JSON.stringify(storage.key)} has ${came}, expected ${expected}`,
      );
    }
    const read = archive.read(member);
    // Whoever waits for it hears of a failure; nobody does where the one before has failed.
    read.catch(() => {});
    return read;
  };
  // One ahead: a storage is read while the checksum of the one before is computed.
  let next = wanted.length > 0 ? begin(wanted[0]) : undefined;
  for (const [i, storage] of wanted.entries()) {
    const bytes = next!;
    next = i + 1 < wanted.length ? begin(wanted[i + 1]) : undefined;
    storage.bytes = await bytes;
    storage.bigEndian = bigEndian;
  }
  placeTensors(plans, copies);
  return value;
}

function unpickleWhole(
  where: string,
  pickle: Uint8Array,
  world: Parameters<typeof unpickle>[3],
  limits: Required<ReadLimits>,
): PickleValue {
  try {
    return unpickle(where, pickle, 0, world, limits).value;
  } catch (error) {
    if (error !== MORE_BYTES) throw error;
    throw argumentError(where, `the pickle is damaged: it has no end within its ${pickle.length} bytes`);
  }
}
