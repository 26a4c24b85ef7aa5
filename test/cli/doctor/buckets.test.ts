import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { examineBuckets } from '../../../cli/doctor/buckets.js';
import { parseBucketName, parseObjectKey } from '../../../lib/names.js';
import { openStore } from '../../../lib/store/local.js';
import type { StoreOptions } from '../../../lib/store/options.js';
import { bucketree } from '../captured.js';

const PHOTOS = parseBucketName('photos');

function optionsOf(directory: string): StoreOptions {
  return {
    directory,
    buckets: new Map(),
    durability: 'none',
    owner: undefined,
    umask: undefined,
    followSymlinks: false,
    readOnly: false,
    cacheBytes: 0,
  };
}

/** A store with a bucket of Ann's that holds an object no path can express. */
async function store(t: Test): Promise<string> {
  const directory = t.testdir({ 'file.txt': '', mine: {} });
  const opened = await openStore(optionsOf(directory));
  await opened.createBucket(PHOTOS, { owner: 'ann' });
  const receive = { size: 1, algorithms: [], payloadSha256: false } as const;
  for (const name of ['a', 'a/b']) {
    const key = parseObjectKey(name);
    const receiver = opened.receive({ kind: 'object', bucket: PHOTOS, key }, receive);
    await receiver.write(Buffer.from('x'));
    const attributes = { system: {}, user: {}, tags: [], storageClass: 'STANDARD' };
    await opened.put(PHOTOS, key, await receiver.finish(), { attributes, conditions: {}, checksums: [] });
  }
  await opened.close();
  return directory;
}

t.test('buckets in order are said to be', async (t) => {
  const directory = await store(t);
  t.match(examineBuckets(optionsOf(directory)), [
    { level: 'ok', check: 'bucket', message: /^mine / },
    { level: 'ok', check: 'bucket', message: /^photos / },
  ]);
});

t.test('settings that got lost are noticed, with what brings them back', async (t) => {
  const directory = await store(t);
  rmSync(join(directory, 'photos', '.bucketree'), { recursive: true });
  const where = join(directory, 'photos');
  t.match(examineBuckets(optionsOf(directory)).slice(1), [
    {
      level: 'problem',
      check: 'settings',
      message: /only its owner \(account ann\) is answered/,
      remedy: `restore .bucketree from a backup; or give the settings up, for the root account: setfattr -x user.bucketree.settings ${where}`,
      where,
    },
  ]);
  t.same(readdirSync(where), ['a'], 'nothing is written');
  const { code, stdout } = await bucketree(['doctor', directory, '--listen', '127.0.0.1:0'], directory);
  t.equal(code, 1);
  t.match(stdout, /problem settings: .*photos: it had settings/);
});

t.test('an object that a path hides is found, and both ways out are named', async (t) => {
  const directory = await store(t);
  const where = join(directory, 'photos');
  rmSync(join(where, 'a'));
  mkdirSync(join(where, 'a'));
  t.match(examineBuckets(optionsOf(directory)), [{ level: 'ok' }, { level: 'ok' }], 'not by a directory');
  writeFileSync(join(where, 'a', 'b'), 'made by hand');
  t.match(examineBuckets(optionsOf(directory)).slice(1), [
    {
      level: 'note',
      check: 'shadowed',
      message: /^one object .*such as a\/b\)/,
      remedy: `to have it back, move ${where}/a/b away; to be rid of it, rm ${where}/.bucketree/keys/612f62.`,
    },
  ]);
});

t.test('a bucket that cannot be opened is named, and the others are looked at', async (t) => {
  const directory = await store(t);
  writeFileSync(join(directory, 'photos', '.bucketree', 'bucket.json'), '{');
  t.match(examineBuckets(optionsOf(directory)), [
    { level: 'ok', message: /^mine / },
    { level: 'problem', message: /^photos cannot be served: .*not a JSON object/, remedy: /restore/ },
  ]);
});
