import t from 'tap';
import { writable } from '../../../lib/store/engine.js';
import { parseBucketName } from '../../../lib/names.js';
import { engineIn } from './engine-in.js';
import { PHOTOS } from './store-in.js';

t.test('a bucket asked for to write is the one that is read', (t) => {
  const engine = engineIn(t);
  t.equal(writable(engine, PHOTOS), engine.buckets.get(PHOTOS));
  t.end();
});

t.test('a store served read-only gives none to write, and still says which there are', (t) => {
  const engine = engineIn(t, { readOnly: true });
  t.throws(() => writable(engine, PHOTOS), { code: 'ReadOnly' });
  t.equal(engine.buckets.get(PHOTOS).name, PHOTOS);
  t.throws(() => writable(engine, parseBucketName('nowhere')), { code: 'NoSuchBucket' });
  t.end();
});
