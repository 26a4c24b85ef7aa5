import fc from 'fast-check';
import t from 'tap';
import { cEntry, cString, tryCEntry, tryCString } from '../../../lib/os/c-string.js';

t.test('a NUL inside a name is refused, wherever it is, as text and as bytes', async (t) => {
  for (const name of ['\0', 'a\0', '\0a', 'a\0b']) {
    t.equal(tryCString(name), undefined);
    t.equal(tryCString(Buffer.from(name)), undefined);
    t.throws(() => cString(name, 'openat2'), { code: 'EINVAL', syscall: 'openat2' });
    t.throws(() => cEntry(Buffer.from(name), 'unlinkat'), { code: 'EINVAL', syscall: 'unlinkat' });
  }
});

t.test('raw bytes gain exactly one NUL and nothing else', async () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const name = Buffer.from(bytes.filter((byte) => byte !== 0));
      const result = tryCString(name);
      return Buffer.isBuffer(result) && result.equals(Buffer.concat([name, Buffer.from([0])]));
    }),
  );
});

t.test('an entry can lead nowhere but into its directory', async (t) => {
  for (const name of ['..', '/', 'a/b', '/etc', 'a/']) {
    t.equal(tryCEntry(name), undefined, name);
    t.equal(tryCEntry(Buffer.from(name)), undefined, name);
  }
  for (const name of ['.', '...', '..a', 'a..', 'é', '\u{1f600}']) {
    t.equal(tryCEntry(name), name);
    t.same(tryCEntry(Buffer.from(name)), Buffer.from(`${name}\0`));
  }
});
