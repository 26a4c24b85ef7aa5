import t from 'tap';
import { mountNeeded, script, within } from '../mounted.js';
import { memoryMount } from './memory-mount.js';

const skip = mountNeeded() ?? false;

for (const spin of [0, 50]) {
  t.test(`a mount serves what programs do every day (asking ${spin} µs longer)`, { skip }, async (t) => {
    const mount = await memoryMount(t, { spin });
    t.match(mount.said, [{ ready: { setxattrExt: Boolean } }]);
    const { code, output } = await script(
      mount,
      `cd "$1"
      mkdir d; echo hello > d/f; ln d/f d/g; mv d/g g; ln -s d/f s; cat s
      stat -c '%i %s %h' g d/f | uniq | wc -l
      dd if=/dev/urandom of=big bs=1M count=8 status=none; cp big copy; cmp big copy && echo same
      python3 - <<'END'
import os
file = os.open('unlinked', os.O_RDWR | os.O_CREAT)
os.write(file, b'x' * 100); os.fsync(file); os.unlink('unlinked')
print(os.fstat(file).st_nlink, os.pread(file, 5, 0))
os.setxattr('g', 'user.k', b'v'); print(os.listxattr('g'), os.getxattr('g', 'user.k'))
os.utime('g', ns=(1, 1700000000123456789)); print(os.stat('g').st_mtime_ns)
file = os.open('.', os.O_TMPFILE | os.O_RDWR); os.write(file, b'abc'); print(os.fstat(file).st_size)
END
      ls; rm big; rmdir d 2>/dev/null || echo not empty`,
    );
    t.equal(code, 0, output);
    t.equal(
      output,
      [
        'hello',
        '1',
        'same',
        "0 b'xxxxx'",
        "['user.k'] b'v'",
        '1700000000123456789',
        '3',
        'big',
        'copy',
        'd',
        'g',
        's',
        'not empty',
        '',
      ].join('\n'),
    );
    t.equal(await mount.stop('unmount'), 0);
    t.notOk(mount.said.find((line) => 'fault' in line));
  });
}

t.test('unmounting ends the session by itself', { skip }, async (t) => {
  const mount = await memoryMount(t);
  t.equal((await within(mount, ['umount', mount.at])).code, 0);
  t.equal(await mount.stop('stop'), 0);
  t.match(mount.said.at(-1), { end: 'gone' });
});

t.test('it stops at once while programs use it, and they get an error, not a hang', { skip }, async (t) => {
  const mount = await memoryMount(t, { validity: 0 });
  const busy = script(mount, `cd "$1"; while stat . > /dev/null 2>&1; do :; done; echo ended`);
  await new Promise((resolve) => setTimeout(resolve, 300));
  t.equal(await mount.stop('stop'), 0);
  t.match((await busy).output, 'ended');
});

t.test('a slow answer holds up nobody else', { skip }, async (t) => {
  const mount = await memoryMount(t, { slow: 1500 });
  const { code, output } = await script(
    mount,
    `cd "$1"; echo x > f
    mkdir slow & sleep 0.2
    start=$(date +%s%N); cat f; dd if=f of=/dev/null status=none; end=$(date +%s%N)
    test $(( (end - start) / 1000000 )) -lt 1000 && echo quick; wait; test -d slow && echo made`,
  );
  t.equal(code, 0);
  t.equal(output, 'x\nquick\nmade\n');
});
