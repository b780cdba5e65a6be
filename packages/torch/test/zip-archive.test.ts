import { readFileSync } from 'node:fs';
import { readTorchCheckpoint } from '@subspace/torch';
import { describe, expect, it } from 'vitest';
import { bytesOf, tensor } from './pickles.ts';
import { type Member, zip } from './zip.ts';

const pickle: Member = { name: 'a/data.pkl', bytes: bytesOf(`\x80\x02${tensor([8], [1])}.`) };
const data: Member = { name: 'a/data/0', bytes: new Uint8Array(new Float32Array(8).fill(1).buffer) };

describe('zip archives', () => {
  it('are read stored and deflated', async () => {
    for (const deflate of [false, true]) {
      const archive = zip([
        { ...pickle, deflate },
        { ...data, deflate },
      ]);
      expect(await readTorchCheckpoint(archive)).toMatchObject({ shape: [8], data: new Float32Array(8).fill(1) });
    }
  });

  it.each<[string, Uint8Array, string]>([
    ['two members of one name', zip([pickle, data, data]), 'two members of the name "a/data/0"'],
    ['two pickles', zip([pickle, { ...pickle, name: 'b/data.pkl' }, data]), 'has 2 data.pkl'],
    ['no pickle', zip([data]), 'has 0 data.pkl'],
    ['a wrong checksum', zip([pickle, { ...data, crc: 1 }]), 'the checksum of a/data/0 is wrong'],
    ['another name where it lies', zip([pickle, { ...data, localName: 'a/data/1' }]), 'another name where it lies'],
    ['encryption', zip([pickle, { ...data, flags: 1 }]), 'is encrypted'],
    ['strong encryption', zip([pickle, { ...data, flags: 0x40 }]), 'is encrypted'],
    ['masked headers', zip([pickle, { ...data, flags: 0x2000 }]), 'is encrypted'],
    ['another compression', zip([pickle, { ...data, method: 12 }]), 'compressed by method 12'],
    ['stored bytes that are not as many', zip([pickle, { ...data, size: 33 }]), 'has 33 bytes, expected 32'],
    ['a storage that is too short', zip([pickle, { ...data, bytes: new Uint8Array(28) }]), 'has 28 bytes, expected 32'],
    ['a storage that is too long', zip([pickle, { ...data, bytes: new Uint8Array(36) }]), 'has 36 bytes, expected 32'],
    ['no storage', zip([pickle]), 'has no bytes, expected 32'],
    ['more members than there are', zip([pickle, data], { count: 3 }), 'it has 2 members, expected 3'],
    ['no directory', zip([pickle, data]).slice(0, -30), 'no directory'],
    [
      'deflated bytes that are none',
      zip([pickle, { ...data, bytes: new Uint8Array(32).fill(255), method: 8 }]),
      'does not inflate',
    ],
    ['TorchScript', zip([pickle, { name: 'a/constants.pkl', bytes: bytesOf('N.') }]), 'TorchScript'],
  ])('%s', async (_, archive, message) => {
    await expect(readTorchCheckpoint(archive)).rejects.toMatchObject({
      message: expect.stringContaining(message),
      code: 'INVALID_ARGUMENT',
    });
  });

  it('need no right checksums where PyTorch was told to write none', async () => {
    const archive = zip([
      { ...pickle, crc: 0 },
      { ...data, crc: 0 },
    ]);
    await expect(readTorchCheckpoint(archive)).rejects.toThrow('checksum');
    expect(await readTorchCheckpoint(archive, { checksums: false })).toMatchObject({ shape: [8] });
  });

  it('whose header and directory say different things of encryption', async () => {
    const archive = zip([pickle, data]);
    const local = Buffer.from(archive.buffer).lastIndexOf('PK\x03\x04');
    archive[local + 6] |= 1;
    await expect(readTorchCheckpoint(archive)).rejects.toThrow('is encrypted by one of its two headers');
  });

  it('whose members lie in each other', async () => {
    const other = { ...data, name: 'a/data/1' };
    expect(await readTorchCheckpoint(zip([pickle, data, other]))).toMatchObject({ shape: [8] });
    const begin = 30 + pickle.name.length + pickle.bytes.length;
    const archive = zip([pickle, data, { ...other, offset: begin + 60 }]);
    await expect(readTorchCheckpoint(archive)).rejects.toThrow('a/data/0 reaches into what lies behind it');
  });

  it('cut off anywhere are an error, and so are streams', async () => {
    for (const name of ['state-dict-zip', 'model-legacy']) {
      const whole = new Uint8Array(readFileSync(new URL(`./fixtures/${name}.pt`, import.meta.url)));
      for (let length = 0; length < whole.length; length++) {
        const outcome = await readTorchCheckpoint(whole.subarray(0, length)).catch((error) => error);
        expect({ length, code: outcome.code }).toEqual({ length, code: 'INVALID_ARGUMENT' });
      }
    }
  });

  it('with bytes before them are none of PyTorch', async () => {
    const archive = zip([pickle, data]);
    await expect(readTorchCheckpoint(Buffer.concat([Buffer.from('MZ'), archive]))).rejects.toThrow('begins with "MZPK');
  });
});
