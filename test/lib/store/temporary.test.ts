import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { closeFd, O, openAt, writeFd } from '../../../lib/os/open.js';
import { lockRange } from '../../../lib/os/range-lock.js';
import {
  dropTemporary,
  makeTemporary,
  moveInto,
  openTemporaries,
  place,
} from '../../../lib/store/temporary.js';
import { tryMount } from '../os/mounted.js';
import { bucketIn } from './bucket-in.js';

const names = (path: string): string[] => (existsSync(path) ? readdirSync(path) : []);

for (const unnamed of [true, false]) {
  t.test(`${unnamed ? 'unnamed' : 'named'} temporaries are put in place in one step`, async (t) => {
    const bucket = bucketIn(t);
    Object.assign(bucket, { volume: { ...bucket.volume, unnamed } });
    const tmp = `${bucket.directory}/.bucketree/tmp`;
    mkdirSync(`${bucket.directory}/dir`);

    const temporary = makeTemporary(bucket, 'dir/not/yet');
    writeFd(temporary.fd, Buffer.from('content'), 0, 7, 0);
    t.equal(temporary.name === undefined, unnamed);
    t.equal(names(tmp).length, unnamed ? 0 : 1);
    place(bucket, temporary, bucket.rootFd, 'file', false);
    t.equal(readFileSync(`${bucket.directory}/file`, 'utf8'), 'content');
    dropTemporary(bucket, temporary);
    t.equal(readFileSync(`${bucket.directory}/file`, 'utf8'), 'content', 'dropping afterwards is harmless');

    const second = makeTemporary(bucket, '');
    writeFd(second.fd, Buffer.from('second'), 0, 6, 0);
    t.throws(() => place(bucket, second, bucket.rootFd, 'file', false), { code: 'EEXIST' });
    t.equal(readFileSync(`${bucket.directory}/file`, 'utf8'), 'content');
    place(bucket, second, bucket.rootFd, 'file', true);
    t.equal(readFileSync(`${bucket.directory}/file`, 'utf8'), 'second');
    dropTemporary(bucket, second);

    const dropped = makeTemporary(bucket, '');
    dropTemporary(bucket, dropped);
    t.same(names(tmp), []);
  });
}

t.test('a named temporary is held against a sweep while it lives', async (t) => {
  const bucket = bucketIn(t);
  Object.assign(bucket, { volume: { ...bucket.volume, unnamed: false } });
  const temporary = makeTemporary(bucket, '');
  const tmp = bucket.openOwn('.bucketree/tmp');
  const other = openAt(tmp, temporary.name ?? '', O.RDWR);
  t.notOk(lockRange(other, 0, 0, { wait: false }));
  dropTemporary(bucket, temporary);
  t.ok(lockRange(other, 0, 0, { wait: false }));
  [other, tmp].forEach(closeFd);
});

t.test('a filesystem mounted inside has temporaries of its own, which go as well', async (t) => {
  const { refused, parent, path } = tryMount(t, 'tmpfs');
  if (refused !== false) return t.pass(refused);
  const bucket = bucketIn(t, {}, parent);
  Object.assign(bucket, { volume: { ...bucket.volume, unnamed: false } });
  mkdirSync(`${path}/dir`);
  const temporary = makeTemporary(bucket, 'mnt/dir');
  t.equal(names(`${path}/.bucketree/tmp`).length, 1);
  const directory = openAt(bucket.rootFd, 'mnt', O.RDONLY | O.DIRECTORY);
  const tmp = openTemporaries(bucket, directory);
  t.equal(statSync(`/proc/self/fd/${tmp}`).dev, statSync(path).dev);
  [tmp, directory].forEach(closeFd);
  dropTemporary(bucket, temporary);
  t.same(names(`${path}/.bucketree/tmp`), []);
});

t.test('moving never replaces unless asked', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ a: 'a', b: 'b' }));
  t.throws(() => moveInto(bucket.rootFd, 'a', bucket.rootFd, 'b', false), { code: 'EEXIST' });
  moveInto(bucket.rootFd, 'a', bucket.rootFd, 'b', true);
  t.equal(readFileSync(`${bucket.directory}/b`, 'utf8'), 'a');
  moveInto(bucket.rootFd, 'b', bucket.rootFd, 'c', false);
  writeFileSync(`${bucket.directory}/d`, '');
  t.same(names(bucket.directory).sort(), ['c', 'd']);
});
