import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import t from 'tap';
import { mountFailure, unmountByFusermount } from '../../../mount/kernel/fusermount.js';
import { NOBODY, at, emptyPlace, look, request, startServing } from './serving.js';
import { AS_NOBODY, userMounts, usersMayShare } from './user-mounts.js';

const asUser = { skip: await userMounts(t, import.meta.url) };

function ownPlace(test: Parameters<typeof emptyPlace>[0]): string {
  const place = emptyPlace(test);
  chownSync(place, NOBODY, NOBODY);
  return place;
}

t.test('a user mounts, serves and unmounts', asUser, async (t) => {
  const place = ownPlace(t);
  const serving = startServing(t, request(place, { source: '/srv/a,b\\c' }), NOBODY);
  t.match(await serving.next(), { place });
  const entry = at(place);
  t.match(entry, { type: 'fuse.bucketree', source: '/srv/a,b\\c' });
  for (const word of ['nosuid', 'nodev']) t.ok(entry?.options.includes(word), word);
  for (const word of ['default_permissions', `user_id=${NOBODY}`])
    t.ok(entry?.superOptions.includes(word), word);
  t.match(await look('setpriv', ...AS_NOBODY, 'ls', '-la', place), { code: 0 });
  t.equal(await serving.order('end'), 'unmounted');
  t.equal(at(place), undefined);
});

const sharing = { skip: asUser.skip || (!usersMayShare() && 'needs user_allow_other in /etc/fuse.conf') };

t.test('a server that is killed leaves nothing behind of a mount for everybody', sharing, async (t) => {
  const place = ownPlace(t);
  const serving = startServing(t, request(place, { allowOther: true }), NOBODY);
  await serving.next();
  t.match(await look('ls', '-la', place), { code: 0 }, 'root looks in');
  await serving.kill();
  for (let wait = 0; wait < 100 && at(place) !== undefined; wait += 1)
    await new Promise((resolve) => setTimeout(resolve, 50));
  t.equal(at(place), undefined);
});

t.test('a dead mount of one’s own is replaced', asUser, async (t) => {
  const place = ownPlace(t);
  const first = startServing(t, request(place), NOBODY);
  await first.next();
  await first.kill();
  t.ok(at(place));
  const second = startServing(t, request(place), NOBODY);
  t.match(await second.next(), { said: /lost its server/ });
  t.match(await second.next(), { place });
  t.equal(await second.order('end'), 'unmounted');
  t.equal(at(place), undefined);
});

t.test('a directory of somebody else is refused with the reason', asUser, async (t) => {
  const place = emptyPlace(t);
  const unseen = startServing(t, request(place), NOBODY);
  t.match(await unseen.next(), { failed: /Permission denied/, remedy: /of your own/ });
  chmodSync(place, 0o755);
  const seen = startServing(t, request(place), NOBODY);
  t.match(await seen.next(), { failed: /no write access/, remedy: /of your own/ });
});

t.test('what it says is understood', async (t) => {
  const failure = (said: string) => mountFailure(`fusermount3: ${said}\n`, '/mnt');
  t.match(failure("option allow_other only allowed if 'user_allow_other' is set in /etc/fuse.conf"), {
    message: /allow_other/,
    remedy: /add the line user_allow_other/,
  });
  t.match(failure("fuse device not found, try 'modprobe fuse' first"), { remedy: /modprobe fuse/ });
  t.match(failure('user has no write access to mountpoint /mnt'), { remedy: /of your own/ });
  t.match(failure('too many FUSE filesystems mounted; mount_max=N can be set'), { remedy: /mount_max/ });
  t.match(failure('mount failed: Operation not permitted'), { remedy: /SYS_ADMIN/ });
  t.match(failure('something new'), { message: 'cannot mount on /mnt: something new', remedy: undefined });
  t.match(mountFailure('', '/mnt'), { message: /does not say why/ });
});

t.test('where there is no such program, that is said', async (t) => {
  const path = process.env['PATH'];
  t.teardown(() => (process.env['PATH'] = path));
  const directory = mkdtempSync(`${tmpdir()}/fusermount-test-`);
  t.teardown(() => rmSync(directory, { recursive: true }));
  process.env['PATH'] = directory;
  const limits = { lazy: false, milliseconds: 5000 };
  await t.rejects(unmountByFusermount('/nowhere', limits), { name: 'MountError', remedy: /fuse3/ });
  const program = (text: string): void => {
    writeFileSync(`${directory}/fusermount3`, `#!/bin/sh\n${text}\n`);
    chmodSync(`${directory}/fusermount3`, 0o755);
  };
  program('echo "fusermount3: failed to unmount /x: Device or resource busy" >&2; exit 1');
  t.equal(await unmountByFusermount('/x', limits), 'busy');
  program('echo "fusermount3: entry for /x not found in /etc/mtab" >&2; exit 1');
  t.equal(await unmountByFusermount('/x', limits), 'not mounted');
  program('[ "$1 $2 $3 $4" = "-u -z -- /x" ]');
  t.equal(await unmountByFusermount('/x', { ...limits, lazy: true }), 'done');
  program('echo "fusermount3: bad" >&2; exit 1');
  await t.rejects(unmountByFusermount('/x', limits), { message: /cannot unmount \/x: bad/ });
});
