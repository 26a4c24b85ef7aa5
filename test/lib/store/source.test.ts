import {
  appendFileSync,
  chmodSync,
  closeSync,
  openSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { Bucket } from '../../../lib/store/bucket.js';
import { dropTemporary, makeTemporary } from '../../../lib/store/temporary.js';
import { closeSource, isFaithful, isVouched, openSource, type Source } from '../../../lib/store/source.js';
import { copyInTurns } from '../../../lib/store/turns.js';
import { bucketIn, key } from './bucket-in.js';
import { head, put } from './objects.js';

const KEY = key('k');

async function faithful(bucket: Bucket, source: Source, meanwhile: () => void): Promise<boolean> {
  const temporary = makeTemporary(bucket, '');
  const { size } = source.info;
  try {
    await copyInTurns(source.fd, 0, temporary.fd, 0, size);
    meanwhile();
    return await isFaithful(source, { start: 0, end: size, fd: temporary.fd, offset: 0 });
  } finally {
    dropTemporary(bucket, temporary);
    closeSource(source);
  }
}

t.test(
  'a copy is faithful while the source stays; a replaced or deleted one stays in our hands',
  async (t) => {
    const bucket = bucketIn(t);
    const path = `${bucket.directory}/k`;
    const { etag } = await put(bucket, KEY, 'hello');
    const open = (): Promise<Source> => openSource(bucket, KEY, etag);
    t.ok(isVouched(await open()));
    t.equal(await faithful(bucket, await open(), () => undefined), true);
    const replacing = await open();
    await put(bucket, KEY, 'world');
    t.equal(await faithful(bucket, replacing, () => undefined), true);
    const again = await put(bucket, KEY, 'hello');
    t.equal(
      await faithful(bucket, await openSource(bucket, KEY, again.etag), () => appendFileSync(path, '!')),
      false,
    );
    await sleep(30);
    const { etag: opaque } = head(bucket, KEY) ?? { etag: '' };
    const restored = await openSource(bucket, KEY, opaque);
    const { mtimeNs } = restored.found.stat;
    await sleep(30);
    const edited = await faithful(bucket, restored, () => {
      writeFileSync(path, 'other!');
      utimesSync(path, Number(mtimeNs / 1_000_000n) / 1000, Number(mtimeNs / 1_000_000n) / 1000);
    });
    t.equal(edited, false, 'also when its time was put back');
  },
);

t.test('a source open for writing all the while is compared byte for byte', async (t) => {
  const bucket = bucketIn(t);
  writeFileSync(`${bucket.directory}/k`, 'a log');
  utimesSync(`${bucket.directory}/k`, 1000, 1000);
  await sleep(30);
  const writer = openSync(`${bucket.directory}/k`, 'r+');
  const open = async (): Promise<Source> => openSource(bucket, KEY, head(bucket, KEY)?.etag ?? '');
  const source = await open();
  t.notOk(isVouched(source));
  t.equal(await faithful(bucket, source, () => appendFileSync(`${bucket.directory}/k`, ' grows')), true);
  utimesSync(`${bucket.directory}/k`, 1000, 1000);
  await sleep(30);
  t.equal(await faithful(bucket, await open(), () => void writeSync(writer, 'X', 0)), false);
  closeSync(writer);
});

t.test('what is not there, and what is not what was judged', async (t) => {
  const bucket = bucketIn(t);
  await t.rejects(openSource(bucket, KEY, 'x'), { code: 'NoSuchKey' });
  await put(bucket, KEY, 'hello');
  await t.rejects(openSource(bucket, KEY, 'x'), { code: 'Conflict' });
});

t.test('a copy stays faithful when a source changes in nothing that matters', async (t) => {
  const bucket = bucketIn(t);
  const path = `${bucket.directory}/k`;
  const { etag } = await put(bucket, KEY, 'hello');
  await sleep(30);
  const source = await openSource(bucket, KEY, etag);
  const { mode } = source.found.stat;
  t.equal(await faithful(bucket, source, () => chmodSync(path, mode & 0o7777)), true);
});
