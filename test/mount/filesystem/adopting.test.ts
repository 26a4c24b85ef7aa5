import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import t from 'tap';
import { publishDirectory } from '../../../lib/store/directory-object.js';
import { PLAIN } from '../../../lib/store/record.js';
import { remove } from '../../../lib/store/remove.js';
import { adopt } from '../../../mount/filesystem/adopting.js';
import { key } from '../../lib/store/bucket-in.js';
import { head, put } from '../../lib/store/objects.js';
import { bucketsIn, hold } from './held.js';

t.test('a directory made to hold a key goes with it, unless a person made it theirs', async (t) => {
  for (const bucket of bucketsIn(t)) {
    for (const name of ['a/b/x', 'c/x']) await put(bucket, key(name), '1');
    chmodSync(`${bucket.directory}/a/b`, 0o750);
    adopt(bucket, 'a/b', hold(t, bucket, 'a/b'));
    for (const name of ['a/b/x', 'c/x']) await remove(bucket, key(name), {});
    t.ok(existsSync(`${bucket.directory}/a/b`));
    t.not(head(bucket, key('a/b/')), undefined, 'it lists as any empty directory of a person');
    t.notOk(existsSync(`${bucket.directory}/c`));
  }
});

t.test('files, directory objects and people’s own directories stay what they are', async (t) => {
  for (const bucket of bucketsIn(t)) {
    const info = await put(bucket, key('file'), 'x', { attributes: { user: { x: '1' } } });
    const about = { ...PLAIN, user: { x: '1' }, etag: 'd41d8cd98f00b204e9800998ecf8427e', checksums: [] };
    const made = await publishDirectory(bucket, key('made/'), about, {});
    mkdirSync(`${bucket.directory}/theirs`);
    for (const path of ['file', 'made', 'theirs']) adopt(bucket, path, hold(t, bucket, path));
    t.same(head(bucket, key('file')), info);
    t.match(head(bucket, key('made/')), made ?? {});
    t.not(head(bucket, key('theirs/')), undefined);
  }
});
