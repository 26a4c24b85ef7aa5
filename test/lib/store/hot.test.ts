import { chmodSync, closeSync, openSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { tryStatPath } from '../../../lib/os/stat.js';
import { type HotObject, HotObjects, isSettled } from '../../../lib/store/hot.js';
import { stampOf } from '../../../lib/store/stamp.js';
import { bucketIn, key } from './bucket-in.js';
import { head } from './objects.js';

t.test('an entry answers while the file at its path is the one it was made from', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ dir: { file: 'content' } }));
  const path = `${bucket.directory}/dir/file`;
  const hot = new HotObjects(1_000_000);
  t.equal(hot.get(bucket, 'dir/file'), undefined);
  const keep = async (): Promise<HotObject> => {
    await sleep(20);
    const stat = tryStatPath(path);
    const info = head(bucket, key('dir/file'));
    if (stat === undefined || info === undefined) throw new Error('it is there');
    const object = { stamp: stampOf(stat), path: 'dir/file', info, body: Buffer.from('content') };
    hot.set(bucket, 'dir/file', object);
    return object;
  };
  t.equal(hot.get(bucket, 'dir/file'), hot.get(bucket, 'dir/file'));
  const changes: Record<string, () => void> = {
    edited: () => writeFileSync(path, 'CONTENT'),
    'its mode': () => chmodSync(path, 0o600),
    replaced: () => {
      writeFileSync(`${path}.new`, 'content');
      renameSync(`${path}.new`, path);
    },
    'a directory above moved away': () => {
      renameSync(`${bucket.directory}/dir`, `${bucket.directory}/moved`);
      symlinkSync('moved', `${bucket.directory}/dir`);
    },
  };
  for (const [what, change] of Object.entries(changes)) {
    const object = await keep();
    t.equal(hot.get(bucket, 'dir/file'), object, 'kept');
    change();
    t.equal(hot.get(bucket, 'dir/file'), undefined, what);
    t.equal(hot.get(bucket, 'dir/file'), undefined, 'and is forgotten');
  }
  rmSync(`${bucket.directory}/moved/file`);
  t.equal(hot.get(bucket, 'dir/file'), undefined);
});

t.test('memory is bounded: what does not fit is not kept', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ file: 'content' }));
  const stat = tryStatPath(`${bucket.directory}/file`);
  const info = head(bucket, key('file'));
  if (stat === undefined || info === undefined) return t.fail('it is there');
  const hot = new HotObjects(10_000);
  hot.set(bucket, 'file', { stamp: stampOf(stat), path: 'file', info, body: Buffer.alloc(20_000) });
  t.equal(hot.get(bucket, 'file'), undefined);
  hot.set(bucket, 'file', { stamp: stampOf(stat), path: 'file', info, body: undefined });
  t.ok(hot.get(bucket, 'file'));
});

t.test('whether somebody has a file open for writing is asked of the file', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ file: 'content' }));
  t.ok(isSettled(bucket, 'file'));
  const fd = openSync(`${bucket.directory}/file`, 'r+');
  t.equal(isSettled(bucket, 'file'), false);
  closeSync(fd);
  t.ok(isSettled(bucket, 'file'));
  t.ok(isSettled(bucket, 'none'), 'what is not there is written by nobody');
});
