import t from 'tap';
import { parseBucketName } from '../../../lib/names.js';
import { FirstUnlisted, toldOnce, type Unlisted, unlistedError } from '../../../lib/store/unlisted.js';

const PHOTOS = parseBucketName('photos');
const MUSIC = parseBucketName('music');

t.test('of a page, the first of each kind is kept, however many there are', (t) => {
  const { found, report } = new FirstUnlisted();
  for (let at = 0; at < 1000; at++) {
    report({ directory: `a${at}`, why: 'unreadable', count: 1 });
    report({ directory: `b${at}`, why: 'unnameable', count: at });
  }
  t.strictSame(found, [
    { directory: 'a0', why: 'unreadable', count: 1 },
    { directory: 'b0', why: 'unnameable', count: 0 },
  ]);
  t.end();
});

t.test('each kind is told once for each bucket, whatever the directory', (t) => {
  const told: string[] = [];
  const tell = toldOnce((bucket, { directory, why }) => told.push(`${bucket}/${directory} ${why}`));
  for (let page = 0; page < 3; page++) {
    tell(PHOTOS, { directory: 'a', why: 'unreadable', count: 1 });
    tell(PHOTOS, { directory: 'b', why: 'unreadable', count: 1 });
    tell(PHOTOS, { directory: 'a', why: 'unnameable', count: 2 });
    tell(MUSIC, { directory: 'a', why: 'unreadable', count: 1 });
  }
  t.strictSame(told, ['photos/a unreadable', 'photos/a unnameable', 'music/a unreadable']);
  t.end();
});

t.test('what is remembered stays small, at the price of telling something twice', (t) => {
  let told = 0;
  const tell = toldOnce(() => told++, 2);
  for (const bucket of ['aaa', 'bbb', 'ccc', 'aaa']) {
    tell(parseBucketName(bucket), { directory: '', why: 'unreadable', count: 1 });
  }
  t.equal(told, 4);
  t.end();
});

t.test('the log says what is missing, where, and the remedy', (t) => {
  const error = (unlisted: Unlisted) => unlistedError(PHOTOS, unlisted);
  const unreadable = error({ directory: 'private', why: 'unreadable', count: 1 });
  t.match(unreadable, { code: 'AccessDenied', message: /^photos\/private: .*Allow the service/ });
  t.match(unreadable.detail, { bucket: 'photos', directory: 'private' });
  t.match(error({ directory: '', why: 'unnameable', count: 1 }), {
    code: 'InvalidKey',
    message: /^photos: one name here is not UTF-8.*Rename/,
  });
  t.match(error({ directory: 'a', why: 'unnameable', count: 3 }).message, /3 names here are not UTF-8/);
  t.match(error({ directory: 'a', why: 'too-long', count: 1 }), {
    code: 'KeyTooLong',
    message: /longer than a key may be.*Rename or move/,
  });
  t.end();
});
