import fc from 'fast-check';
import t from 'tap';
import type { DirectoryEntry, Entry } from '../../../mount/filesystem/filesystem.js';
import { DirectoryPage } from '../../../mount/kernel/directory-page.js';
import { putEntry } from '../../../mount/kernel/encode.js';
import { Message } from '../../../mount/kernel/message.js';
import { u32, u64, zeros } from './wire.js';

const entry: Entry = {
  node: 42n,
  generation: 3n,
  nameFor: 60,
  attributesFor: 1,
  attributes: {
    ino: 42n,
    mode: 0o100644,
    nlink: 1,
    uid: 0,
    gid: 0,
    rdev: 0,
    size: 5,
    blocks: 8,
    blockSize: 4096,
    atimeNs: 1n,
    mtimeNs: 2n,
    ctimeNs: 3n,
    birthtimeNs: undefined,
  },
};

function named(text: string, offset: bigint, found?: Entry): DirectoryEntry {
  return { name: Buffer.from(text), offset, ino: 42n, type: 8, entry: found };
}

/** struct fuse_dirent, padded. */
function dirent(offset: bigint, length: number, name: Buffer, padding: number): Buffer {
  return Buffer.concat([u64(42n), u64(offset), u32(length), u32(8), name, zeros(padding)]);
}

function pageOf(plus: boolean, size: number): { page: DirectoryPage; bytes: () => Buffer } {
  const message = new Message(8192);
  message.bytes.fill(0xaa);
  const page = new DirectoryPage(message, plus, size);
  return { page, bytes: () => Buffer.from(message.bytes.subarray(16, 16 + page.size)) };
}

t.test('names follow each other, each on 8 bytes', async (t) => {
  const { page, bytes } = pageOf(false, 4096);
  t.equal(page.take(named('abc', 1n)), true);
  t.equal(page.take(named('12345678', 2n ** 63n)), true);
  t.strictSame(
    bytes(),
    Buffer.concat([
      u64(42n),
      u64(1n),
      u32(3),
      u32(8),
      Buffer.from('abc'),
      zeros(5),
      u64(42n),
      u64(2n ** 63n),
      u32(8),
      u32(8),
      Buffer.from('12345678'),
    ]),
  );
});

t.test('with attributes, each name has its entry in front; one that went has an empty one', async (t) => {
  const { page, bytes } = pageOf(true, 4096);
  t.equal(page.take(named('a', 1n, entry)), true);
  t.equal(page.take(named('..', 2n)), true);
  const message = new Message(256);
  putEntry(message, entry);
  t.strictSame(
    bytes(),
    Buffer.concat([
      Buffer.from(message.bytes.subarray(16, 16 + 128)),
      dirent(1n, 1, Buffer.from('a'), 7),
      zeros(128),
      dirent(2n, 2, Buffer.from('..'), 6),
    ]),
  );
});

t.test('what does not fit is refused, and leaves the page as it was', async (t) => {
  const { page, bytes } = pageOf(false, 32 + 31);
  t.equal(page.take(named('a', 1n)), true);
  t.equal(page.take(named('b', 2n)), false);
  t.equal(bytes().length, 32);
  t.equal(pageOf(true, 128 + 31).page.take(named('a', 1n, entry)), false);
  t.equal(pageOf(true, 128 + 32).page.take(named('a', 1n, entry)), true);
});

t.test('every page reads back as what was taken, and never exceeds its size', async () => {
  const entries = fc.array(
    fc.record({ name: fc.uint8Array({ minLength: 1, maxLength: 255 }), ino: fc.bigInt(0n, 2n ** 64n - 1n) }),
  );
  fc.assert(
    fc.property(entries, fc.integer({ min: 0, max: 8000 }), (all, size) => {
      const { page, bytes } = pageOf(false, size);
      const taken: { name: string; ino: bigint }[] = [];
      for (const [index, { name, ino }] of all.entries()) {
        const bytesOfName = Buffer.from(name);
        if (!page.take({ name: bytesOfName, ino, offset: BigInt(index + 1), type: 4, entry: undefined }))
          break;
        taken.push({ name: bytesOfName.toString('latin1'), ino });
      }
      const packed = bytes();
      const read: { name: string; ino: bigint }[] = [];
      for (let at = 0; at < packed.length;) {
        const length = packed.readUInt32LE(at + 16);
        read.push({
          name: packed.toString('latin1', at + 24, at + 24 + length),
          ino: packed.readBigUInt64LE(at),
        });
        at += 24 + Math.ceil(length / 8) * 8;
      }
      return packed.length <= size && JSON.stringify(read, text) === JSON.stringify(taken, text);
    }),
  );
});

function text(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
