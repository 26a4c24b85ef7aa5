/** Programs saving objects through the filesystem, call by call, and what S3 says of them afterwards. No kernel needed. */
import { constants, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { Bucket } from '../../lib/store/bucket.js';
import type { ObjectInfo } from '../../lib/store/model.js';
import { remove } from '../../lib/store/remove.js';
import { Objects } from '../../mount/filesystem/objects.js';
import { StoreFilesystem } from '../../mount/filesystem/store-filesystem.js';
import { key } from '../lib/store/bucket-in.js';
import { bodyOf, head, put } from '../lib/store/objects.js';
import { bucketsIn } from './filesystem/held.js';
import { LittleKernel } from './filesystem/little-kernel.js';

const { O_WRONLY, O_CREAT, O_EXCL, O_RDWR } = constants;
const F = key('d/f.txt');
const SAID = {
  system: { contentType: 'text/x-mine' },
  user: { colour: 'blue' },
  tags: [{ key: 'project', value: 'x' }],
  storageClass: 'GLACIER',
};

interface Store {
  readonly bucket: Bucket;
  readonly kernel: LittleKernel;
  /** What S3 said of the object that was put. */
  readonly info: ObjectInfo;
}

/** An object with everything said of it, on each kind of filesystem. */
async function eachStore(t: Test, run: (store: Store) => Promise<void>): Promise<void> {
  for (const bucket of bucketsIn(t)) {
    const info = await put(bucket, F, 'before', { attributes: SAID, algorithms: ['CRC32'] });
    const filesystem = new StoreFilesystem({ root: bucket, metadata: new Objects(Date.now) });
    await run({ bucket, kernel: new LittleKernel(filesystem), info });
    filesystem.close();
  }
}

async function keepsWhatWasSaid(t: Test, { bucket, info }: Store, content = 'after'): Promise<void> {
  await sleep(30);
  const now = head(bucket, F);
  t.match(now, SAID, bucket.volume.attributes ? 'attributes' : 'sidecars');
  t.match(now, { checksums: [], contentType: 'text/x-mine' });
  t.not(now?.etag, info.etag);
  t.equal(bodyOf(bucket, F), content);
}

t.test('vim: the old file is moved away, a new one made, the old one deleted', async (t) => {
  await eachStore(t, async (store) => {
    const { kernel } = store;
    await kernel.rename('d/f.txt', 'd/f.txt~');
    const file = await kernel.open('d/f.txt', O_WRONLY | O_CREAT | O_EXCL);
    await kernel.write(file, 'after');
    await kernel.close(file);
    await kernel.unlink('d/f.txt~');
    await keepsWhatWasSaid(t, store);
  });
});

t.test('sed -i: a new file is renamed over the old one', async (t) => {
  await eachStore(t, async (store) => {
    await store.kernel.put('d/sedXYZ', 'after');
    await store.kernel.rename('d/sedXYZ', 'd/f.txt');
    await keepsWhatWasSaid(t, store);
    t.equal(head(store.bucket, key('d/sedXYZ')), undefined);
  });
});

t.test('saved again and again through one name, an object has what was said last', async (t) => {
  await eachStore(t, async ({ bucket, kernel }) => {
    for (const colour of ['red', 'green', 'blue']) {
      const name = Buffer.from('user.s3.meta.colour');
      const node = kernel.lookup('d/f.txt');
      await kernel.filesystem.setxattr(node, name, Buffer.from(colour), 0, kernel.caller);
      await kernel.put('d/new', `in ${colour}`);
      await kernel.rename('d/new', 'd/f.txt');
      t.equal(head(bucket, F)?.user['colour'], colour);
      t.equal(bodyOf(bucket, F), `in ${colour}`);
    }
  });
});

t.test('a shell: the file is emptied and written again', async (t) => {
  await eachStore(t, async (store) => {
    await store.kernel.put('d/f.txt', 'after');
    await keepsWhatWasSaid(t, store);
  });
});

t.test('rsync -aX: attributes and times on the new file win, and stay', async (t) => {
  await eachStore(t, async ({ bucket, kernel }) => {
    await kernel.put('d/.f.txt.Ab12', 'after');
    const { filesystem, caller } = kernel;
    const node = kernel.lookup('d/.f.txt.Ab12');
    const set = (name: string, value: string) =>
      filesystem.setxattr(node, Buffer.from(name), Buffer.from(value), 0, caller);
    await set('user.s3.content-type', 'text/theirs');
    await set('user.s3.meta.theirs', '1');
    await kernel.setattr('d/.f.txt.Ab12', { mtimeNs: 1_000_000_000_000_000_000n });
    await kernel.rename('d/.f.txt.Ab12', 'd/f.txt');
    const listed = filesystem.listxattr(kernel.lookup('d/f.txt'), caller).toString().split('\0').sort();
    t.same(listed, ['', 'user.s3.content-type', 'user.s3.meta.theirs']);
    t.match(head(bucket, F), { contentType: 'text/theirs', tags: [], modified: 1_000_000_000_000 });
    t.same({ ...head(bucket, F)?.user }, { theirs: '1' });
  });
});

t.test('touch(1): the file is opened, its time set, and closed', async (t) => {
  await eachStore(t, async ({ bucket, kernel, info }) => {
    const { mtimeNs } = kernel.stat('d/f.txt');
    const file = await kernel.open('d/f.txt', O_WRONLY | O_CREAT);
    await kernel.filesystem.setattr(
      file.node,
      { atimeNs: 'now', mtimeNs: 'now' },
      file.handle,
      kernel.caller,
    );
    await kernel.close(file);
    await kernel.setattr('d/f.txt', { atimeNs: 'now' });
    await kernel.setattr('d/f.txt', { mode: 0o600 });
    t.match(head(bucket, F), { etag: info.etag, checksums: info.checksums });
    t.not(kernel.stat('d/f.txt').mtimeNs, mtimeNs);
  });
});

t.test('an edit with its time put back is an edit', async (t) => {
  await eachStore(t, async (store) => {
    const { mtimeNs } = store.kernel.stat('d/f.txt');
    const file = await store.kernel.open('d/f.txt', O_RDWR);
    await store.kernel.write(file, 'BEFORE');
    await store.kernel.filesystem.setattr(file.node, { mtimeNs }, file.handle, store.kernel.caller);
    await store.kernel.close(file);
    t.equal(store.kernel.stat('d/f.txt').mtimeNs, mtimeNs);
    await keepsWhatWasSaid(t, store, 'BEFORE');
  });
});

t.test('truncating is an edit', async (t) => {
  await eachStore(t, async (store) => {
    await store.kernel.setattr('d/f.txt', { size: 3 });
    await keepsWhatWasSaid(t, store, 'bef');
  });
});

t.test('moved with its directory or alone, an object keeps everything', async (t) => {
  await eachStore(t, async ({ bucket, kernel, info }) => {
    await kernel.mkdir('e');
    await kernel.rename('d/f.txt', 'e/g.txt');
    t.same(head(bucket, key('e/g.txt')), { ...info, key: 'e/g.txt' });
    if (!bucket.volume.attributes) return;
    await kernel.rename('e', 'z');
    t.same(head(bucket, key('z/g.txt')), { ...info, key: 'z/g.txt' });
  });
});

t.test('two objects exchanged keep what is theirs, or are not exchanged', async (t) => {
  await eachStore(t, async ({ bucket, kernel, info }) => {
    const other = await put(bucket, key('d/other.txt'), 'other', { attributes: { user: { other: '1' } } });
    const done = await kernel.rename('d/f.txt', 'd/other.txt', 2).then(
      () => true,
      () => false,
    );
    t.equal(done, bucket.volume.attributes);
    const [here, there] = done ? [other, info] : [info, other];
    t.same(head(bucket, F), { ...here, key: F });
    t.same(head(bucket, key('d/other.txt')), { ...there, key: 'd/other.txt' });
  });
});

t.test('an object deleted and made again is a new one, and leaves nothing behind', async (t) => {
  await eachStore(t, async ({ bucket, kernel }) => {
    await kernel.unlink('d/f.txt');
    await kernel.put('d/f.txt', 'new');
    t.match(head(bucket, F), { tags: [], storageClass: 'STANDARD', contentType: 'text/plain' });
    t.same({ ...head(bucket, F)?.user }, {});
    if (!bucket.volume.attributes) {
      const sidecars = readdirSync(`${bucket.directory}/.bucketree/metadata`);
      t.equal(sidecars.length, 1, 'that of the directory made for the key');
    }
  });
});

t.test('a directory that held a key stays when it is emptied here, and goes when it is there', async (t) => {
  await eachStore(t, async ({ bucket, kernel }) => {
    await kernel.unlink('d/f.txt');
    t.same(kernel.names('/'), ['d']);
    t.equal(head(bucket, key('d/')), undefined);
    await kernel.put('d/again', 'x');
    await remove(bucket, key('d/again'), {});
    t.same(kernel.names('/'), []);
    await put(bucket, key('d/e/key'), 'x');
    await kernel.mkdir('d/e/mine');
    await kernel.unlink('d/e/key');
    t.not(head(bucket, key('d/e/mine/')), undefined);
    await kernel.rmdir('d/e/mine');
    await kernel.rmdir('d/e');
    await kernel.setattr('d', { mode: 0o750 });
    t.not(head(bucket, key('d/')), undefined, 'wanted by somebody');
    await kernel.rmdir('d');
    t.equal(head(bucket, key('d/')), undefined);
  });
});

t.test('an object saved over and over, while HTTP puts it, is always one of the two', async (t) => {
  await eachStore(t, async ({ bucket, kernel }) => {
    for (let turn = 0; turn < 20; turn++) {
      await kernel.put('d/new', `here ${turn}`);
      await Promise.all([
        kernel.rename('d/new', 'd/f.txt'),
        put(bucket, F, `http ${turn}`, { attributes: { user: { by: 'http' } } }),
      ]);
      const body = bodyOf(bucket, F);
      t.ok(body === `here ${turn}` || body === `http ${turn}`, `turn ${turn}: ${body}`);
      const { etag, user } = head(bucket, F) ?? {};
      if (body === `http ${turn}`) t.equal(user?.['by'], 'http');
      else t.match(etag, /-1$/);
    }
  });
});
