/**
 * GETs while others write into the same file: a body that mixes two contents is never answered whole, and
 * what ought to go on goes on. TEST_TORN_TRIES says how many GETs each kind of writer meets,
 * TEST_TORN_MEBIBYTES how big the large file is.
 */
import { appendFileSync, chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  count,
  directory,
  lacking,
  programNeeded,
  restoreModified,
  volume,
  volumeNeeded,
  type Kind,
} from './disk.js';
import { serve } from './server.js';
import { meet, rewriter, type Writer } from './torn-judge.js';

const TRIES = count('TEST_TORN_TRIES', 60);
const LARGE = count('TEST_TORN_MEBIBYTES', 6) << 20;
const WRITERS: readonly (readonly [Writer, string, number])[] = [
  ['small', 'many small writes', LARGE],
  ['small', 'many small writes into a small file', 256 << 10],
  ['one', 'one large write', LARGE],
  ['mapping', 'stores through a mapping whose descriptor is closed', LARGE],
  ['restore', 'writes that put the old mtime back', LARGE],
];

for (const kind of ['ext4', 'ext4-128'] as const satisfies readonly Kind[]) {
  const skip = lacking(volumeNeeded(kind), programNeeded('python3'));
  t.test(`no torn body is answered whole on ${kind}`, { skip, timeout: 0 }, async (t) => {
    const store = volume(t, kind, { mebibytes: 64 + (LARGE >> 20) * 3 });
    mkdirSync(join(store, 'torn'));
    const { client } = await serve(t, { store });
    for (const [mode, words, size] of WRITERS) {
      await t.test(words, { timeout: 0 }, async (t) => {
        const key = `${mode}-${size}`;
        writeFileSync(join(store, 'torn', key), Buffer.alloc(size, 'generation0'.slice(0, 8)));
        const stop = rewriter(t, mode, join(store, 'torn', key), size, 15);
        const outcome = await meet(client, key, size, TRIES);
        t.comment(JSON.stringify(outcome));
        t.equal(outcome.torn, 0, 'none was a mixture');
        t.equal(outcome.short, 0, 'none was of another length');
        await stop();
        t.ok(outcome.whole > 0, 'some were whole');
      });
    }
  });
}

const exfat = lacking(volumeNeeded('exfat'), programNeeded('python3'));
t.test(
  'on exfat, which ticks coarsely, edits show at once when their writer has closed',
  { skip: exfat },
  async (t) => {
    const store = volume(t, 'exfat', { mebibytes: 64 });
    mkdirSync(join(store, 'torn'));
    const { client } = await serve(t, { store });
    const path = join(store, 'torn/file');
    const etags = new Map<string, number>();
    for (let generation = 0; generation < 60; generation++) {
      const body = `generation ${String(generation).padStart(6, '0')}`;
      writeFileSync(path, body);
      const got = await client.get('torn', 'file');
      if (got.text !== body)
        return t.fail(`a stale body in generation ${generation}: ${got.status} ${got.text}`);
      const known = etags.get(got.etag ?? '');
      if (known !== undefined) t.comment(`generations ${known} and ${generation} share an entity tag`);
      etags.set(got.etag ?? '', generation);
    }
    t.pass('60 generations of one size within a few ticks');
    const put = await client.put('torn', 'file', 'by the server');
    t.equal(put.status, 200);
    writeFileSync(path, 'on the disk!!');
    t.equal((await client.get('torn', 'file')).text, 'on the disk!!', 'an edit over what was put');
  },
);

t.test('a change of the same size and time is not answered from memory', async (t) => {
  const store = directory(t);
  mkdirSync(join(store, 'torn'));
  const { client } = await serve(t, { store });
  const path = join(store, 'torn/file');
  writeFileSync(path, 'first');
  await new Promise((resolve) => setTimeout(resolve, 2100));
  const before = statSync(path, { bigint: true });
  t.equal((await client.get('torn', 'file')).text, 'first');
  const old = await client.get('torn', 'file');
  writeFileSync(path, 'other', { flag: 'r+' });
  restoreModified(path, before.mtimeNs);
  const now = await client.get('torn', 'file');
  t.equal(now.text, 'other');
  t.not(now.etag, old.etag);
});

t.test('a log that grows all the while downloads', { skip: lacking(programNeeded('python3')) }, async (t) => {
  const store = directory(t);
  mkdirSync(join(store, 'torn'));
  const path = join(store, 'torn/log');
  writeFileSync(path, Buffer.alloc(8 << 20, 'an old line of the log\n'));
  const { client } = await serve(t, { store });
  const stop = rewriter(t, 'log', path, 0, 2);
  for (let tries = 0; tries < 10; tries++) {
    const { status, cut, body } = await client.get('torn', 'log');
    const now = readFileSync(path);
    t.equal(status, 200);
    t.notOk(cut, 'not cut');
    t.ok(body.length > 0 && now.subarray(0, body.length).equals(body), 'a beginning of the log');
  }
  await stop();
});

t.test('a GET under PUT, DELETE, chmod and tagging of its key completes with its bytes', async (t) => {
  const store = directory(t);
  const server = await serve(t, { store });
  const { client } = server;
  await client.makeBucket('torn');
  const path = join(store, 'torn/key');
  const changes: Readonly<Record<string, () => Promise<unknown>>> = {
    put: () => client.put('torn', 'key', 'new'),
    delete: () => client.delete('torn', 'key'),
    tagging: () => client.tag('torn', 'key', 'a', 'b'),
    chmod: async () => chmodSync(path, 0o600),
  };
  for (const [name, change] of Object.entries(changes)) {
    const body = Buffer.alloc(48 << 20, `before ${name} `);
    t.equal((await client.put('torn', 'key', body)).status, 200);
    let changed: Promise<unknown> | undefined;
    const got = await client.get('torn', 'key', {
      onBlock: () => {
        if (changed !== undefined) return;
        changed = change();
        return changed.then(() => undefined);
      },
    });
    await changed;
    t.notOk(got.cut, `${name}: not cut`);
    t.ok(got.body.equals(body), `${name}: the bytes it began with`);
  }
});

t.test('a GET that an append in place overtakes is cut, never mixed', async (t) => {
  const store = directory(t);
  mkdirSync(join(store, 'torn'));
  const { client } = await serve(t, { store });
  const path = join(store, 'torn/file');
  const body = Buffer.alloc(48 << 20, 'content ');
  writeFileSync(path, body);
  let done = false;
  const got = await client.get('torn', 'file', {
    onBlock: () => {
      if (!done) appendFileSync(path, 'more');
      done = true;
    },
  });
  t.ok(got.cut || got.body.equals(body), 'cut, or the beginning that did not change');
});
