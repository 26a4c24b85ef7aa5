import t from 'tap';
import { EMPTY_ETAG, opaqueEtag, unquoteEtag } from '../../../lib/store/etag.js';

const stamp = { dev: 1, ino: 2n, size: 3, mtimeNs: 4n, ctimeNs: 5n };

t.test(
  'an opaque tag is taken for an MD5 by nobody, and changes with everything but the device',
  async (t) => {
    const tag = opaqueEtag(stamp);
    t.match(tag, /^[0-9a-f]{32}-1$/);
    t.equal(opaqueEtag({ ...stamp }), tag);
    t.equal(opaqueEtag({ ...stamp, dev: 9 }), tag, 'a device has another number after a remount');
    const changed = [{ ino: 9n }, { size: 9 }, { mtimeNs: 9n }, { ctimeNs: 9n }].map((change) =>
      opaqueEtag({ ...stamp, ...change }),
    );
    t.equal(new Set([tag, ...changed, opaqueEtag(stamp, 'open')]).size, 6);
  },
);

t.test('a file of no bytes has the MD5 of no bytes, unless somebody is about to fill it', async (t) => {
  t.equal(opaqueEtag({ ...stamp, size: 0 }), EMPTY_ETAG);
  t.match(opaqueEtag({ ...stamp, size: 0 }, 'open'), /-1$/);
});

t.test('quotes and weakness are how clients spell a tag', async (t) => {
  for (const spelled of ['abc', '"abc"', 'W/"abc"']) t.equal(unquoteEtag(spelled), 'abc');
  for (const odd of ['"', '"abc', 'abc"', 'W/abc', '']) t.equal(unquoteEtag(odd), odd);
  t.equal(unquoteEtag('""'), '');
});
