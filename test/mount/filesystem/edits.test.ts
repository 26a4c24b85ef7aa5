import { utimesSync, writeFileSync } from 'node:fs';
import t from 'tap';
import type { Edit, Metadata } from '../../../mount/filesystem/metadata.js';
import { filesystemIn } from './filesystem-in.js';
import { PLAIN_FILES } from './plain-metadata.js';

t.test('an edit is told before it can happen and when it is over', async (t) => {
  const told: unknown[] = [];
  const edits: Edit[] = [];
  const metadata: Metadata = {
    ...PLAIN_FILES,
    beforeEdit: (bucket, path, fd) => {
      told.push(['before', path]);
      const edit = PLAIN_FILES.beforeEdit(bucket, path, fd);
      edits.push(edit);
      return edit;
    },
    afterEdit: (_bucket, path, _fd, before) => void told.push(['after', path, edits.includes(before)]),
    timeToSet: (_bucket, _before, mtimeNs) => (mtimeNs === 'now' ? 7n : mtimeNs),
    afterTimes: (_bucket, path, _fd, _before, asked) => void told.push(['times', path, asked]),
  };
  const { directory, kernel } = filesystemIn(t, { metadata });
  writeFileSync(`${directory}/f`, 'content');
  await kernel.content('f');
  t.strictSame(told, [], 'reading is none');
  const file = await kernel.open('f', 1);
  t.strictSame(told.splice(0), [['before', 'f']]);
  await kernel.write(file, 'x');
  t.strictSame(told, []);
  await kernel.rename('f', 'g');
  await kernel.close(file);
  t.strictSame(told.splice(0), [['after', 'g', true]], 'under the name it has by then');
  t.equal((await kernel.setattr('g', { mtimeNs: 'now' })).mtimeNs, 7n, 'the time that was wanted instead');
  t.strictSame(told.splice(0), [
    ['before', 'g'],
    ['times', 'g', 'now'],
  ]);
  await kernel.setattr('g', { atimeNs: 5n });
  t.strictSame(told, [], 'the access time is not the content’s');
  await kernel.setattr('g', { size: 0 });
  t.strictSame(told.splice(0), [
    ['before', 'g'],
    ['after', 'g', true],
  ]);
  await kernel.setattr('g', { mode: 0o600 });
  t.strictSame(told, []);
});

t.test('pages are kept while the content is surely the one they were read from', async (t) => {
  const { directory, kernel, filesystem } = filesystemIn(t);
  writeFileSync(`${directory}/f`, 'content');
  utimesSync(`${directory}/f`, 1000, 1000);
  const open = async (): Promise<boolean> => {
    const node = kernel.lookup('f');
    const { handle, keepCache } = await filesystem.open(node, 0, false, kernel.caller);
    await filesystem.release(handle);
    return keepCache;
  };
  t.equal(await open(), true);
  writeFileSync(`${directory}/f`, 'another');
  t.equal(await open(), false, 'within a tick of a change nothing is sure');
  utimesSync(`${directory}/f`, 2000, 2000);
  t.equal(await open(), true, 'the lookup told the kernel, which drops its pages');
  const node = kernel.lookup('f');
  utimesSync(`${directory}/f`, 3000, 3000);
  const { keepCache, handle } = await filesystem.open(node, 0, false, kernel.caller);
  t.equal(keepCache, false, 'changed since the kernel was told');
  await filesystem.release(handle);
});
