import t from 'tap';
import { describes, PLAIN, type Record, saysNothing, VOID } from '../../../lib/store/record.js';

const stamp = { dev: 1, ino: 2n, size: 3, mtimeNs: 4n, ctimeNs: 5n };
const record: Record = {
  ...PLAIN,
  kind: 'file',
  fingerprint: { size: 3, mtimeNs: 4n },
  etag: '0'.repeat(32),
  checksums: [],
  parts: undefined,
};

t.test('a record describes content of its size and mtime, wherever it was restored to', async (t) => {
  t.ok(describes(record, stamp));
  t.ok(describes(record, { ...stamp, ino: 9n, ctimeNs: 9n, dev: 9 }));
  t.notOk(describes(record, { ...stamp, size: 4 }));
  t.notOk(describes(record, { ...stamp, mtimeNs: 5n }));
});

t.test('an object nobody said anything of is plain', async (t) => {
  t.same(PLAIN, { system: {}, user: {}, tags: [], storageClass: 'STANDARD' });
});

t.test('a void fingerprint describes nothing that was ever written', async (t) => {
  t.notOk(describes({ ...record, fingerprint: VOID }, { ...stamp, size: 0 }));
});

t.test('an object nobody said anything of has nothing to keep', async (t) => {
  t.ok(saysNothing(PLAIN));
  t.notOk(saysNothing({ ...PLAIN, system: { expires: 'x' } }));
  t.notOk(saysNothing({ ...PLAIN, user: { a: '' } }));
  t.notOk(saysNothing({ ...PLAIN, tags: [{ key: 'a', value: '' }] }));
  t.notOk(saysNothing({ ...PLAIN, storageClass: 'GLACIER' }));
});
