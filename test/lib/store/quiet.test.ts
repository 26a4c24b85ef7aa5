import { closeSync, openSync, statSync, utimesSync, writeFileSync, writeSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { infoOf, type Inspection } from '../../../lib/store/inspect.js';
import { close } from '../../../lib/store/publish.js';
import { inspectQuiet } from '../../../lib/store/quiet.js';
import type { Bucket } from '../../../lib/store/bucket.js';
import { bucketIn, key } from './bucket-in.js';
import { noPython, startEditor } from './editor.js';

async function look(bucket: Bucket, name: string): Promise<Inspection> {
  const found = await inspectQuiet(bucket, name);
  if (found === undefined) throw new Error(`${name} is there`);
  close(found);
  return found;
}

/** Milliseconds an action takes. */
async function timed(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

t.test('what is not there, and what is at rest, is answered without waiting', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ file: 'content', empty: {} }));
  utimesSync(`${bucket.directory}/file`, 1000, 1000);
  await sleep(30);
  t.equal(await inspectQuiet(bucket, 'nothing'), undefined);
  t.match(await look(bucket, 'file'), { settled: true, racyNs: 0n });
  t.match(await look(bucket, 'empty/'), { settled: true, racyNs: 0n });
});

t.test('a file changed in this very tick is waited for, until its stamp can vouch for it', async (t) => {
  const bucket = bucketIn(t);
  for (let turn = 0; turn < 20; turn++) {
    writeFileSync(`${bucket.directory}/file`, `turn ${turn}`);
    t.match(await look(bucket, 'file'), { settled: true, racyNs: 0n });
  }
});

t.test('a look at a file being saved sees the whole of it', { skip: noPython }, async (t) => {
  const bucket = bucketIn(t);
  const path = `${bucket.directory}/page.html`;
  writeFileSync(path, 'before');
  const editor = await startEditor(t);
  await editor.tell('save', path, 65, 200);
  t.equal(statSync(path).size, 0, 'it is empty at this moment');
  const looks = await Promise.all([1, 2, 3].map(() => look(bucket, 'page.html')));
  for (const found of looks) {
    t.match(found, { settled: true, stat: { size: 1000 } });
    t.equal(infoOf(key('page.html'), found).size, 1000);
  }
});

t.test('a mapping left behind is waited for as well', { skip: noPython }, async (t) => {
  const bucket = bucketIn(t);
  const path = `${bucket.directory}/file`;
  writeFileSync(path, Buffer.alloc(5000));
  const editor = await startEditor(t);
  await editor.tell('map', path);
  await editor.tell('poke', 7);
  const looking = look(bucket, 'file');
  await sleep(50);
  await editor.tell('poke', 8);
  await editor.tell('unmap');
  t.match(await looking, { settled: true });
});

t.test('after a second a file that stays open is answered as what it is: not at rest', async (t) => {
  const bucket = bucketIn(t);
  const fd = openSync(`${bucket.directory}/log`, 'a');
  writeSync(fd, 'a line\n');
  const found = await look(bucket, 'log');
  t.equal(found.settled, false);
  t.equal(found.stat.size, 7);
  const etag = infoOf(key('log'), found).etag;
  closeSync(fd);
  t.not(infoOf(key('log'), await look(bucket, 'log')).etag, etag, 'nobody may take it for unchanged');
});

t.test('one open for writing that has not changed for a while is not waited for', async (t) => {
  const bucket = bucketIn(t);
  const path = `${bucket.directory}/disk.img`;
  const fd = openSync(path, 'w');
  writeSync(fd, 'image');
  utimesSync(path, 1000, 1000);
  await sleep(30);
  const waited = await timed(async () => t.equal((await look(bucket, 'disk.img')).settled, false));
  t.ok(waited < 900, 'less than the patience it has for a save');
  closeSync(fd);
});

t.test('a file closed between looking and watching is not waited for', async (t) => {
  const bucket = bucketIn(t);
  const path = `${bucket.directory}/file`;
  let slowest = 0;
  for (let turn = 0; turn < 50; turn++) {
    const fd = openSync(path, 'w');
    writeSync(fd, 'content');
    const looking = timed(() => look(bucket, 'file'));
    closeSync(fd);
    slowest = Math.max(slowest, await looking);
  }
  t.ok(slowest < 900, 'no close was missed');
});

t.test('a file removed while it is waited for is gone', async (t) => {
  const { unlinkSync } = await import('node:fs');
  const bucket = bucketIn(t);
  const path = `${bucket.directory}/file`;
  const fd = openSync(path, 'w');
  writeSync(fd, 'content');
  const looking = inspectQuiet(bucket, 'file');
  unlinkSync(path);
  t.equal(await looking, undefined);
  closeSync(fd);
});
