import { closeSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import type { Test } from 'tap';
import { cloneFile, cloneRange, copyContent, copyRange, punchHole, truncate } from '../../../lib/os/copy.js';
import { tryMount } from './mounted.js';

const MIB = 1024 * 1024;

interface Pair {
  readonly directory: string;
  readonly from: number;
  readonly to: number;
}

/** A source with `content` and an empty destination. */
function pair(t: Test, content: string | Buffer, toDirectory?: string): Pair {
  const directory = t.testdir({ from: content, to: '' });
  const from = openSync(`${directory}/from`, 'r+');
  const to = openSync(`${toDirectory ?? directory}/to`, 'w+');
  t.teardown(() => [from, to].forEach((fd) => closeSync(fd)));
  return { directory, from, to };
}

/** Makes the file 64 MiB of hole with one MiB of data at 32 MiB. */
function makeSparse(fd: number): void {
  truncate(fd, 64 * MIB);
  writeSync(fd, Buffer.alloc(MIB, 'data'), 0, MIB, 32 * MIB);
}

t.test('content arrives whole, by whichever way the filesystem has', async (t) => {
  const content = Buffer.alloc(3 * MIB + 17, 'some content ');
  const { directory, from, to } = pair(t, content);
  t.equal(copyContent(from, to), content.length);
  t.ok(readFileSync(`${directory}/to`).equals(content));
});

t.test('holes stay holes', async (t) => {
  const { directory, from, to } = pair(t, '');
  makeSparse(from);
  t.equal(copyContent(from, to), 64 * MIB);
  const [source, copy] = [statSync(`${directory}/from`), statSync(`${directory}/to`)];
  t.equal(copy.size, 64 * MIB);
  t.ok(copy.blocks <= source.blocks + 64, `${copy.blocks} blocks of ${source.blocks}`);
  t.ok(readFileSync(`${directory}/to`).equals(readFileSync(`${directory}/from`)));
});

t.test('a file that is nothing but hole is copied as one', async (t) => {
  const { directory, from, to } = pair(t, '');
  truncate(from, 8 * MIB);
  t.equal(copyContent(from, to), 8 * MIB);
  t.match(statSync(`${directory}/to`), { size: 8 * MIB });
  t.ok(statSync(`${directory}/to`).blocks <= 8);
});

t.test('a clone shares content, or says that it cannot and changes nothing', async (t) => {
  const content = Buffer.alloc(8192, 'clone');
  const { directory, from, to } = pair(t, content);
  const cloned = cloneFile(from, to);
  t.equal(readFileSync(`${directory}/to`).equals(cloned ? content : Buffer.alloc(0)), true);
  const range = cloneRange(from, 4096, to, 0, 4096);
  t.equal(range, cloned);
  t.ok(cloneRange(from, 0, to, 0, 0), 'nothing is shared at once');
  t.throws(() => cloneFile(-1, to), { code: 'EBADF' });
  t.throws(() => cloneRange(from, 0, -1, 0, 1), { code: 'EBADF' });
});

t.test('a range is copied to any place, and tells how much there was', async (t) => {
  const { directory, from, to } = pair(t, '0123456789');
  t.equal(copyRange(from, 2, to, 1, 3), 3);
  t.equal(readFileSync(`${directory}/to`, 'latin1'), '\0' + '234');
  t.equal(copyRange(from, 8, to, 0, 100), 2);
  t.equal(copyRange(from, 50, to, 0, 100), 0);
  t.equal(readFileSync(`${directory}/to`, 'latin1'), '8934');
  t.equal(copyContent(from, to, { offset: 7, length: 100, toOffset: 4 }), 3);
  t.equal(readFileSync(`${directory}/to`, 'latin1'), '8934789');
  t.equal(copyContent(from, to, { offset: 20 }), 0);
  t.throws(() => copyRange(from, 0, -1, 0, 1), { code: 'EBADF' });
});

t.test('a hole replaces what the destination had there', async (t) => {
  const { directory, from, to } = pair(t, '');
  truncate(from, 4 * MIB);
  writeSync(from, Buffer.from('tail'), 0, 4, 4 * MIB - 4);
  writeFileSync(`${directory}/to`, Buffer.alloc(6 * MIB, 'old'));
  copyContent(from, to, { toOffset: 1 });
  const expected = Buffer.alloc(6 * MIB, 'old');
  readFileSync(`${directory}/from`).copy(expected, 1);
  t.ok(readFileSync(`${directory}/to`).equals(expected));
});

t.test('any pattern of data and holes, any range of it, comes out the same', async (t) => {
  const { directory, from, to } = pair(t, '');
  const chunk = fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 40_000 }));
  const place = fc.integer({ min: 0, max: 100_000 });
  fc.assert(
    fc.property(
      fc.array(chunk, { maxLength: 8 }),
      place,
      place,
      place,
      (chunks, offset, length, toOffset) => {
        truncate(from, 0);
        truncate(to, 0);
        let end = 0;
        for (const [isData, size] of chunks) {
          if (isData) writeSync(from, Buffer.alloc(size, `${size}.`), 0, size, end);
          end += size;
        }
        truncate(from, end);
        const source = readFileSync(`${directory}/from`).subarray(offset, offset + length);
        t.equal(copyContent(from, to, { offset, length, toOffset }), source.length);
        const expected =
          source.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.alloc(toOffset), source]);
        t.ok(readFileSync(`${directory}/to`).equals(expected));
      },
    ),
    { numRuns: 60 },
  );
});

t.test('between filesystems content is copied all the same, holes kept', async (t) => {
  const { refused, path } = tryMount(t, 'tmpfs', '-o', 'size=32m');
  t.test('to a tmpfs smaller than the file is long', { skip: refused }, async (t) => {
    const { directory, from, to } = pair(t, '', path);
    makeSparse(from);
    t.equal(cloneFile(from, to), false);
    t.equal(copyContent(from, to), 64 * MIB);
    t.ok(readFileSync(`${path}/to`).equals(readFileSync(`${directory}/from`)));
    truncate(to, 0);
    t.throws(() => copyRange(from, 0, to, 0, 64 * MIB), { code: 'ENOSPC' }, 'without holes it does not fit');
  });
});

t.test('files whose size is told as 0 are read to their end', async (t) => {
  const { directory, to } = pair(t, '');
  const version = openSync('/proc/version', 'r');
  const text = readFileSync('/proc/version');
  t.equal(copyRange(version, 0, to, 0, 1_000_000), text.length);
  t.ok(readFileSync(`${directory}/to`).equals(text));
  closeSync(version);
});

t.test('a hole punched reads as zeros and leaves the size', async (t) => {
  const { directory, from } = pair(t, 'x'.repeat(10));
  punchHole(from, 2, 3);
  punchHole(from, 8, 100);
  punchHole(from, 50, 5);
  t.equal(readFileSync(`${directory}/from`, 'latin1'), 'xx\0\0\0xxx\0\0');
  truncate(from, 3);
  t.equal(readFileSync(`${directory}/from`, 'latin1'), 'xx\0');
  t.throws(() => truncate(-1, 3), { code: 'EBADF' });
});
