import { join } from 'node:path';
import { lstatSync } from 'node:fs';
import t from 'tap';
import { rootId, type RootId } from '../../../lib/store/mount-wire.js';
import { Reach } from '../../../mount/coherence/reach.js';
import { bucketIn } from '../../lib/store/bucket-in.js';

function idOf(path: string): RootId {
  const { dev, ino } = lstatSync(path, { bigint: true });
  return rootId({ dev: Number(dev), ino });
}

t.test('a bucket is reached by who publishes it, or the store it is in, while they are there', async (t) => {
  const store = t.testdir({ photos: {}, music: {} });
  const photos = bucketIn(t, {}, join(store, 'photos'));
  const music = bucketIn(t, {}, join(store, 'music'));
  const reach = new Reach();
  const one = {};
  const two = {};
  t.equal(reach.reaches(photos), false);
  reach.add(one, [idOf(join(store, 'photos'))]);
  t.ok(reach.reaches(photos));
  t.equal(reach.reaches(music), false);
  reach.add(two, [idOf(store)]);
  t.ok(reach.reaches(music));
  t.ok(reach.has(idOf(store)));
  reach.remove(two);
  reach.remove(two);
  t.equal(reach.reaches(music), false);
  t.ok(reach.reaches(photos));
  reach.add(one, []);
  t.equal(reach.reaches(photos), false, 'the last word counts');
});
