/** The store mounted, used and unmounted by an ordinary user, who has nothing of root's. */
import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import t from 'tap';
import { PROGRAM } from '../cli/started.js';
import { NOBODY, at, emptyPlace, look } from './kernel/serving.js';
import { AS_NOBODY, userMounts } from './kernel/user-mounts.js';

const asUser = { skip: await userMounts(t, import.meta.url) };

function asNobody(home: string, ...words: readonly string[]) {
  return look('setpriv', ...AS_NOBODY, 'env', '-u', 'NODE_OPTIONS', `HOME=${home}`, ...words);
}

t.test('a user mounts a store of their own, works in it, and unmounts it', asUser, async (t) => {
  const store = mkdtempSync(`${tmpdir()}/rootless-test-`);
  t.teardown(() => rmSync(store, { recursive: true }));
  mkdirSync(`${store}/photos`);
  writeFileSync(`${store}/photos/a.txt`, 'hello');
  const place = emptyPlace(t);
  for (const path of [store, `${store}/photos`, `${store}/photos/a.txt`, place])
    chownSync(path, NOBODY, NOBODY);
  const bucketree = (...words: readonly string[]) => asNobody(store, process.execPath, PROGRAM, ...words);
  t.match(await bucketree('mount', '--daemon', '--log', `${store}/log`, store, place), { code: 0, out: '' });
  t.ok(at(place)?.superOptions.includes(`user_id=${NOBODY}`));
  t.match(await asNobody(store, 'cat', `${place}/photos/a.txt`), { code: 0, out: 'hello' });
  const work = `cd ${place} && echo new > photos/b && mv photos/b photos/c && chmod 600 photos/c && mkdir bucket-2 &&
    ln -s c photos/l && readlink photos/l && rm photos/l && cat photos/c && ls`;
  t.match(await asNobody(store, 'sh', '-c', work), { code: 0, out: 'c\nnew\nbucket-2\nphotos\n' });
  t.equal(readFileSync(`${store}/photos/c`, 'utf8'), 'new\n');
  t.match((await look('ls', place)).out, /Permission denied/, 'not even root looks in');
  t.match(await bucketree('umount', place), { code: 0, out: '' });
  t.equal(at(place), undefined);
});
