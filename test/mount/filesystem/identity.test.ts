import t from 'tap';
import { Identity, generationOf } from '../../../mount/filesystem/identity.js';

t.test('an id is the inode number, with the index of its filesystem above 48 bits', async (t) => {
  const identity = new Identity([7, 9]);
  t.equal(identity.idOf(7, 12n), 12n, 'numbers on the first filesystem are those of the disk');
  t.equal(identity.idOf(9, 12n), (1n << 48n) | 12n);
  t.equal(identity.idOf(8, 12n), (2n << 48n) | 12n, 'others follow as they are met');
  t.equal(identity.idOf(9, 12n), (1n << 48n) | 12n, 'and stay');
  t.strictSame(identity.inodeOf((1n << 48n) | 12n), { dev: 9, ino: 12n }, 'which leads back');
  t.equal(identity.inodeOf((7n << 48n) | 12n), undefined);
});

t.test('numbers that do not fit, or mean something else, get an id of their own that stays', async (t) => {
  const identity = new Identity([7]);
  const ids = [1n << 48n, (1n << 60n) + 3n, 0n, 1n].map((ino) => identity.idOf(7, ino));
  t.equal(new Set(ids).size, 4);
  for (const id of ids) t.ok(id > 1n, `${id} is neither nothing nor the root`);
  t.equal(identity.idOf(7, 1n << 48n), ids[0]);
  t.notOk(ids.includes(identity.idOf(8, 1n << 48n)), 'another filesystem, another inode');
});

t.test('the generation differs when a number is given again', async (t) => {
  const ext4 = (generation: number): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32LE(12, 0);
    bytes.writeUInt32LE(generation, 4);
    return bytes;
  };
  const born = { birthtimeNs: 5_000_000n };
  t.equal(generationOf(born, { type: 1, bytes: ext4(0xfedcba98) }), 0xfedcba98n, 'as the disk has it');
  const long = (last: number): bigint =>
    generationOf(born, { type: 0x81, bytes: Buffer.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, last]) });
  t.not(long(1), long(2));
  t.equal(long(1), long(1));
  t.ok(long(1) >= 0n && long(1) < 1n << 32n);
  t.not(
    generationOf({ birthtimeNs: 1_000_000_000n }, undefined),
    generationOf({ birthtimeNs: 1_004_000_000n }, undefined),
    'without handles the time of birth tells',
  );
  t.equal(generationOf({ birthtimeNs: undefined }, undefined), 0n);
});
