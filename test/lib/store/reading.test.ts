import {
  appendFileSync,
  chmodSync,
  closeSync,
  ftruncateSync,
  openSync,
  renameSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { Test } from 'tap';
import { StoreError } from '../../../lib/errors.js';
import { digestOf } from '../../../lib/hash/digest.js';
import { prepareHashes } from '../../../lib/hash/wasm.js';
import { setAttribute } from '../../../lib/os/attributes.js';
import { closeFd } from '../../../lib/os/open.js';
import { statFd, tryStatPath } from '../../../lib/os/stat.js';
import { infoOf, isHonest } from '../../../lib/store/inspect.js';
import { ATTRIBUTE } from '../../../lib/store/layout.js';
import { inspectQuiet } from '../../../lib/store/quiet.js';
import { BLOCK_BYTES, type Content, pump, readSmall } from '../../../lib/store/reading.js';
import { attributeOf } from '../../../lib/store/verify.js';
import { bucketIn, key } from './bucket-in.js';
import { noPython, startEditor } from './editor.js';

await prepareHashes();

const SIZE = 5 * BLOCK_BYTES + 1000;

/** A file of bytes 1, `quiet` (at rest, to be verified by its stamp) or not (to be read twice). */
async function opened(t: Test, quiet: boolean, size = SIZE): Promise<{ path: string; content: Content }> {
  const path = `${t.testdir({})}/file`;
  writeFileSync(path, Buffer.alloc(size, 1));
  utimesSync(path, 1_000_000, 1_000_000);
  if (quiet) await sleep(30);
  const fd = openSync(path, 'r');
  t.teardown(() => closeSync(fd));
  const content = {
    fd,
    quiet,
    stat: statFd(fd),
    attribute: attributeOf(fd),
    name: () => tryStatPath(path),
  };
  return { path, content };
}

/** Receives everything; `during` happens once, when the second block has come. */
async function received(
  content: Content,
  during?: () => unknown,
  start = 0,
  end = content.stat.size,
): Promise<Buffer> {
  const blocks: Buffer[] = [];
  await pump(content, start, end, async (block) => {
    blocks.push(Buffer.from(block));
    if (blocks.length === 2) await during?.();
  });
  return Buffer.concat(blocks);
}

const CHANGED = { name: 'StoreError', code: 'ContentChanged' };

t.test('any range of a file at rest is sent as it is, blocks in order', async (t) => {
  const path = `${t.testdir({})}/file`;
  const bytes = Buffer.alloc(SIZE);
  for (let at = 0; at + 4 <= SIZE; at += 4) bytes.writeUInt32LE(at, at);
  writeFileSync(path, bytes);
  await sleep(30);
  const fd = openSync(path, 'r');
  const content = { fd, stat: statFd(fd), attribute: undefined, name: () => tryStatPath(path) };
  const ranges = [
    [0, SIZE],
    [0, 1],
    [SIZE - 1, SIZE],
    [BLOCK_BYTES - 1, BLOCK_BYTES + 1],
    [12_345, 3 * BLOCK_BYTES + 12_345],
    [7, 7],
  ] as const;
  for (const [start, end] of ranges) {
    for (const quiet of [true, false]) {
      const got = await received({ ...content, quiet }, undefined, start, end);
      t.ok(got.equals(bytes.subarray(start, end)), `${start} to ${end}`);
    }
  }
  closeSync(fd);
});

t.test('an edit while a file is sent keeps the last block back', { skip: noPython }, async (t) => {
  const editor = await startEditor(t);
  const edits: Record<string, (path: string) => Promise<unknown>> = {
    'one write(2) of all': (path) => editor.tell('write', path, 2, SIZE, 0),
    'many small writes': (path) => editor.tell('write', path, 2, 4096, 0),
    'the same size, mtime put back': (path) => editor.tell('write', path, 2, 65_536, 1),
    'stores into a mapping, descriptor closed': async (path) => {
      await editor.tell('map', path);
      await editor.tell('poke', 2);
    },
    'a save that truncates first': (path) => editor.tell('save', path, 2, 30),
  };
  for (const [what, edit] of Object.entries(edits)) {
    for (const quiet of [true, false]) {
      await t.test(`${what}, ${quiet ? 'verified by stamp' : 'verified by reading twice'}`, async (t) => {
        const { path, content } = await opened(t, quiet);
        let sent = 0;
        await t.rejects(
          pump(content, 0, SIZE, async (block) => {
            sent += block.length;
            if (sent === 2 * BLOCK_BYTES) await edit(path);
          }),
          CHANGED,
        );
        t.ok(sent < SIZE, 'not all of it went out');
      });
    }
  }
});

t.test('renaming over, unlinking, chmod and tagging leave a reader its bytes', async (t) => {
  const changes: Record<string, (path: string, fd: number) => void> = {
    'rename over': (path) => {
      writeFileSync(`${path}.new`, Buffer.alloc(SIZE, 9));
      renameSync(`${path}.new`, path);
    },
    unlink: (path) => unlinkSync(path),
    chmod: (path) => chmodSync(path, 0o640),
    'our attribute': (_, fd) => setAttribute(fd, ATTRIBUTE, Buffer.from([1, 0])),
  };
  for (const [what, change] of Object.entries(changes)) {
    for (const quiet of [true, false]) {
      const { path, content } = await opened(t, quiet);
      const got = await received(content, () => change(path, content.fd));
      t.ok(got.equals(Buffer.alloc(SIZE, 1)), `${what}, ${quiet ? 'by stamp' : 'read twice'}`);
    }
  }
});

t.test('what changes nothing of a recorded object does not cut it, though nothing explains it', async (t) => {
  const changes: Record<string, (path: string, fd: number) => void> = {
    'chmod to the mode it has': (path) => chmodSync(path, statFd(openedFile(path)).mode & 0o7777),
    'another program’s attribute': (_, fd) => setAttribute(fd, 'user.theirs', Buffer.from('x')),
  };
  const openedFile = (path: string): number => {
    const fd = openSync(path, 'r');
    t.teardown(() => closeSync(fd));
    return fd;
  };
  for (const [what, change] of Object.entries(changes)) {
    const { path, content } = await opened(t, true);
    const whole = { algorithm: 'MD5', value: digestOf('MD5', Buffer.alloc(SIZE, 1)) } as const;
    const got = await received({ ...content, whole }, () => change(path, content.fd));
    t.ok(got.equals(Buffer.alloc(SIZE, 1)), what);
    await sleep(20);
    const { path: other, content: unrecorded } = await opened(t, true);
    await t.rejects(
      received(unrecorded, () => change(other, unrecorded.fd)),
      CHANGED,
      `${what}, of a file of which nothing is recorded`,
    );
  }
});

t.test(
  'an edit whose mtime is put back is no such change, not even when it is undone',
  { skip: noPython },
  async (t) => {
    const editor = await startEditor(t);
    const whole = { algorithm: 'CRC64NVME', value: digestOf('CRC64NVME', Buffer.alloc(SIZE, 1)) } as const;
    for (const undone of [false, true]) {
      const { path, content } = await opened(t, true);
      let sent = 0;
      await t.rejects(
        pump({ ...content, whole }, 0, SIZE, async (block) => {
          sent += block.length;
          if (sent === BLOCK_BYTES) await editor.tell('write', path, 2, 65_536, 1);
          if (sent === 3 * BLOCK_BYTES && undone) await editor.tell('write', path, 1, 65_536, 1);
        }),
        CHANGED,
      );
      t.ok(sent < SIZE, 'not all of it went out');
    }
  },
);

t.test('a log that grows all the while downloads as long as it was', { skip: noPython }, async (t) => {
  const { path, content } = await opened(t, false);
  const editor = await startEditor(t);
  await editor.tell('hold', path);
  const got = await received(content, () => editor.tell('put', 2, SIZE, 5000));
  t.ok(got.equals(Buffer.alloc(SIZE, 1)));
  t.equal(statFd(content.fd).size, SIZE + 5000);
  await editor.tell('release');
});

t.test(
  'an image that is open for writing downloads while nobody writes to what is read',
  { skip: noPython },
  async (t) => {
    const { path, content } = await opened(t, false);
    const editor = await startEditor(t);
    await editor.tell('hold', path);
    const end = 3 * BLOCK_BYTES;
    const got = await received(content, () => editor.tell('put', 2, 4 * BLOCK_BYTES, 5000), 0, end);
    t.ok(got.equals(Buffer.alloc(end, 1)));
    await t.rejects(
      received(content, () => editor.tell('put', 3, 100, 10), 0, end),
      CHANGED,
    );
    await editor.tell('release');
  },
);

t.test(
  'a file cut short while its receiver is slow is an error of that read and of nothing else',
  async (t) => {
    const { path, content } = await opened(t, true);
    const fd = openSync(path, 'r+');
    const slow = received(content, async () => {
      ftruncateSync(fd, BLOCK_BYTES);
      // Long enough for the read ahead to fail while nobody is looking.
      await sleep(100);
    });
    await t.rejects(slow, CHANGED);
    closeSync(fd);
  },
);

t.test('a receiver that fails ends the read, whose memory is used again', async (t) => {
  const { content } = await opened(t, true);
  await t.rejects(
    pump(content, 0, SIZE, async () => {
      throw new Error('gone');
    }),
    { message: 'gone' },
  );
  t.ok((await received(content)).equals(Buffer.alloc(SIZE, 1)));
});

t.test('a disk that fails is the store’s error', async (t) => {
  const { content } = await opened(t, true);
  const fd = openSync('/proc/self/mem', 'r');
  await t.rejects(received({ ...content, fd }), { name: 'StoreError', code: 'InputOutput' });
  closeSync(fd);
});

t.test('a small file is given whole, or not at all', { skip: noPython }, async (t) => {
  const editor = await startEditor(t);
  for (const quiet of [true, false]) {
    const { path, content } = await opened(t, quiet, 10_000);
    t.ok((await readSmall(content))?.equals(Buffer.alloc(10_000, 1)));
    if (quiet) {
      await editor.tell('write', path, 2, 100, 0);
      t.equal(await readSmall(content), undefined, 'changed since it was looked at');
    } else {
      await editor.tell('hold', path);
      const reading = readSmall(content);
      await editor.tell('put', 2, 5000, 10);
      t.equal(await reading, undefined, 'changed between two readings');
      await editor.tell('release');
    }
    appendFileSync(path, 'x');
    t.equal(await readSmall({ ...content, stat: { ...content.stat, size: 20_000 } }), undefined, 'shorter');
  }
});

/** Tries per way of editing; 1250 make 10,000 of all. */
const TRIES = Number(process.env['BUCKETREE_TRIES'] ?? 40);

t.test('no torn body is accepted, whatever way a file is being edited', { skip: noPython }, async (t) => {
  for (const size of [100_000, 3_000_000]) {
    for (const how of ['whole', 'pieces', 'restored', 'mapped']) {
      await t.test(`${how}, ${size} bytes`, async (t) => {
        const bucket = bucketIn(t);
        const path = `${bucket.directory}/file`;
        writeFileSync(path, Buffer.alloc(size));
        const editor = await startEditor(t);
        await editor.tell('loop', how, path, size);
        const seen = new Set<number>();
        let refused = 0;
        for (let turn = 0; turn < TRIES; turn++) {
          const body = await get(bucket, turn);
          if (body === undefined) refused++;
          else if (!body.equals(Buffer.alloc(size, body[0]))) t.fail(`a mixture, try ${turn}`);
          else seen.add(body[0] ?? 0);
        }
        const generations = Number(await editor.tell('stop'));
        t.comment(`${generations} generations, ${seen.size} seen, ${refused} refused`);
        t.ok(generations > 1, 'it was edited meanwhile');
        t.ok(seen.size > 0, 'it was read meanwhile');
      });
    }
  }

  /** As a GET does it: inspected, sent, verified. undefined: refused, or cut. */
  async function get(bucket: ReturnType<typeof bucketIn>, turn: number): Promise<Buffer | undefined> {
    const found = await inspectQuiet(bucket, 'file');
    const fd = found?.fd;
    if (found === undefined || fd === undefined) throw new Error('the file is there');
    try {
      const quiet = found.settled !== false && (found.racyNs === 0n || isHonest(found));
      t.match(infoOf(key('file'), found).etag, /^[0-9a-f]{32}-1$/);
      const name = () => tryStatPath(`${bucket.directory}/file`);
      const content = { fd, quiet, stat: found.stat, attribute: attributeOf(fd), name };
      return turn % 2 === 0 && found.stat.size < 1_000_000
        ? await readSmall(content)
        : await received(content);
    } catch (error) {
      if (error instanceof StoreError && error.code === 'ContentChanged') return undefined;
      throw error;
    } finally {
      closeFd(fd);
    }
  }
});
