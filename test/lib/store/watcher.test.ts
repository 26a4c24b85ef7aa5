import { appendFileSync, mkdirSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { ObjectKey } from '../../../lib/names.js';
import type { Change } from '../../../lib/store/feed.js';
import { Watcher } from '../../../lib/store/watcher.js';
import { PHOTOS, put, storeIn } from './store-in.js';

/** Waits until what was heard is as long as expected, or two seconds. */
async function heardAll(heard: readonly unknown[], count: number): Promise<void> {
  for (let turn = 0; turn < 100 && heard.length < count; turn++) await sleep(20);
  await sleep(150);
}

t.test('a subscriber of a directory hears other programs and us, each change once', async (t) => {
  const { store, directory } = await storeIn(
    t,
    {},
    t.testdir({ photos: { site: { 'old.html': 'old' }, other: {} } }),
  );
  const site = `${directory}/photos/site`;
  const heard: string[] = [];
  const leave = store.feed.subscribe({ bucket: PHOTOS, directory: 'site/' }, ({ kind, key }: Change) =>
    heard.push(`${kind} ${key}`),
  );
  await sleep(300);
  t.same(heard, [], 'what is there already is no change');

  writeFileSync(`${site}/new.html`, 'theirs');
  await heardAll(heard, 1);
  t.same(heard.splice(0), ['put site/new.html']);

  writeFileSync(`${site}/.old.swp`, 'saved by rename');
  renameSync(`${site}/.old.swp`, `${site}/old.html`);
  await heardAll(heard, 1);
  t.ok(heard.splice(0).includes('put site/old.html'));

  unlinkSync(`${site}/new.html`);
  await heardAll(heard, 1);
  t.same(heard.splice(0), ['delete site/new.html']);

  await put(store, 'site/ours.html', 'ours');
  await put(store, 'site/ours.html', 'ours again');
  await store.setTags(PHOTOS, 'site/ours.html' as ObjectKey, [{ key: 'a', value: 'b' }]);
  await store.delete(PHOTOS, 'site/ours.html' as ObjectKey, {});
  await heardAll(heard, 4);
  t.same(heard.splice(0), [
    'put site/ours.html',
    'put site/ours.html',
    'metadata site/ours.html',
    'delete site/ours.html',
  ]);

  await put(store, 'site/edited.html', 'ours');
  await heardAll(heard, 1);
  appendFileSync(`${site}/edited.html`, ', and theirs');
  await heardAll(heard, 2);
  t.same(heard.splice(0), ['put site/edited.html', 'put site/edited.html']);

  writeFileSync(`${directory}/photos/other/file`, 'not subscribed to');
  mkdirSync(`${site}/deeper`);
  writeFileSync(`${site}/deeper/file`, 'not subscribed to');
  await heardAll(heard, 1);
  t.same(heard.splice(0), []);

  leave();
  writeFileSync(`${site}/late.html`, 'nobody listens');
  await sleep(200);
  t.same(heard, []);
});

t.test('a whole tree is watched when asked for, without what is ours in it', async (t) => {
  const { store, directory } = await storeIn(
    t,
    {},
    t.testdir({ photos: { a: { b: {} }, '.bucketree': {} } }),
  );
  const heard: string[] = [];
  store.feed.subscribe({ bucket: PHOTOS, directory: '', deep: true }, ({ key }) => heard.push(key));
  await sleep(300);
  writeFileSync(`${directory}/photos/.bucketree/lock`, '');
  writeFileSync(`${directory}/photos/a/b/c`, '');
  await heardAll(heard, 1);
  t.same(heard, ['a/b/c']);
});

t.test('what cannot be watched is reported, and nothing fails', async (t) => {
  const reports: string[] = [];
  const watcher = new Watcher({
    directoryOf: () => {
      throw new Error('no such bucket');
    },
    report: ({ code, message }) => reports.push(`${code} ${message}`),
  });
  watcher.watch(PHOTOS, 'site/', false, () => t.fail('nothing to see'))();
  t.same(reports, ['Internal watch photos/site/: no such bucket']);
});
