import t from 'tap';
import { NEEDS_ROOT, at, emptyPlace, look, request, startServing } from './serving.js';

const asRoot = { skip: NEEDS_ROOT };

t.test('root mounts by itself, and the table shows what was asked for', asRoot, async (t) => {
  const place = emptyPlace(t);
  const asked = request(place, {
    source: '/srv/a store',
    allowOther: true,
    readOnly: true,
    flags: ['noexec'],
  });
  const serving = startServing(t, { ...asked, maxRead: 65_536 });
  t.match(await serving.next(), { place, connection: Number });
  const entry = at(place);
  t.match(entry, { type: 'fuse.bucketree', source: '/srv/a store' });
  for (const word of ['ro', 'nosuid', 'nodev', 'noexec']) t.ok(entry?.options.includes(word), word);
  for (const word of ['default_permissions', 'allow_other', 'max_read=65536', 'user_id=0'])
    t.ok(entry?.superOptions.includes(word), word);
  t.match(await look('ls', '-la', place), { code: 0, out: /total 0/ });
  t.match((await look('touch', `${place}/x`)).out, /Read-only file system/);
});

t.test('ending a mount leaves the directory as it was', asRoot, async (t) => {
  const place = emptyPlace(t);
  const serving = startServing(t, request(place));
  await serving.next();
  t.equal(await serving.order('end'), 'unmounted');
  t.equal(at(place), undefined);
  t.equal(await serving.order('end'), 'gone', 'a second time is fine');
});

t.test('a process that ends at once takes its mount along', asRoot, async (t) => {
  const place = emptyPlace(t);
  const serving = startServing(t, request(place));
  await serving.next();
  const user = look('sh', '-c', `cd ${place} && echo in && sleep 60`);
  await new Promise((resolve) => setTimeout(resolve, 300));
  await serving.order('drop');
  t.equal(at(place), undefined, 'even one that is in use');
  await serving.kill();
  void user;
});
