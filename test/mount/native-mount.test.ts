/** `--binding fuse-native`, as a user gives it: the store through the portable library, its limits said. */
import { existsSync } from 'node:fs';
import t from 'tap';
import { lacking } from '../system/disk.js';
import { mounted, mountNeeded, script } from './mounted.js';

const skip = lacking(
  mountNeeded(),
  process.arch === 'x64' ? undefined : 'fuse-native is built for x64 alone',
  existsSync('/lib/x86_64-linux-gnu/libfuse.so.2') ? undefined : 'libfuse2 is not installed',
);

t.test('both doors show one store', { skip, timeout: 0 }, async (t) => {
  const mount = await mounted(t, { flags: ['--binding', 'fuse-native'] });
  const { client } = mount.server;
  const made = await script(mount, `mkdir "$1/photos" && echo saved > "$1/photos/page.html" && ls -A "$1"`);
  t.same(made, { code: 0, output: 'photos\n' });
  const got = await client.get('photos', 'page.html');
  t.same([got.status, got.text], [200, 'saved\n']);
  await client.put('photos', 'page.html', 'over HTTP\n', { 'x-amz-meta-colour': 'blue' });
  const { output } = await script(
    mount,
    `cat "$1/photos/page.html"; getfattr --absolute-names --only-values -n user.s3.meta.colour "$1/photos/page.html"`,
  );
  t.equal(output, 'over HTTP\nblue');
  t.match(mount.server.log, /fuse-native: .*hard|fuse-native: Two names/i, 'what is given up is said');
});

t.test('whose the files are shown to be is its own choice here too', { skip, timeout: 0 }, async (t) => {
  const mount = await mounted(t, {
    flags: ['--binding', 'fuse-native', '--mount-options', 'uid=65534,umask=027'],
  });
  await mount.server.client.makeBucket('photos');
  await mount.server.client.put('photos', 'a', 'x');
  t.equal((await script(mount, `stat -c '%u %a' "$1/photos/a"`)).output, '65534 640\n');
});

t.test('unmounting ends it', { skip, timeout: 0 }, async (t) => {
  const mount = await mounted(t, { flags: ['--binding', 'fuse-native'] });
  await script(mount, 'umount "$1"');
  const deadline = Date.now() + 10_000;
  while (!/was unmounted/.test(mount.server.log) && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  t.match(mount.server.log, /was unmounted/);
  t.ok(mount.server.running, 'and serving goes on');
});
