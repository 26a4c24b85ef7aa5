/**
 * The portable binding in the kernel, and the limits it is known to have: each has a test that names it, so that one
 * that goes away is noticed.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { LIMITS } from '../../../mount/fuse-native/binding.js';
import { directory, lacking } from '../../system/disk.js';
import { abort, type Mounted, mountNeeded, script } from '../mounted.js';

const HOST = fileURLToPath(new URL('./host.js', import.meta.url));

const skip = lacking(
  mountNeeded(),
  process.arch === 'x64' ? undefined : 'fuse-native is built for x64 alone',
  existsSync('/lib/x86_64-linux-gnu/libfuse.so.2') ? undefined : 'libfuse2 is not installed',
);

async function hosted(t: Test): Promise<Pick<Mounted, 'at' | 'store'>> {
  const base = directory(t);
  const [store, at] = [join(base, 'store'), join(base, 'mnt')];
  mkdirSync(store);
  mkdirSync(at);
  const host = spawn(process.execPath, [HOST, store, at], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const ended = new Promise((resolve) => host.once('exit', resolve));
  t.teardown(async () => {
    const deadline = setTimeout(() => {
      abort(at);
      host.kill('SIGKILL');
    }, 10_000);
    host.kill('SIGTERM');
    await ended;
    clearTimeout(deadline);
  });
  await new Promise<void>((resolve, reject) => {
    host.stdout.once('data', () => resolve());
    host.once('exit', (code) => reject(new Error(`the mount ended with ${code}`)));
  });
  return { at, store };
}

t.test('files are files through it as well', { skip, timeout: 0 }, async (t) => {
  const mount = await hosted(t);
  const { code, output } = await script(
    mount,
    `cd "$1" && mkdir -p a/b && echo one > a/b/f && echo two >> a/b/f && mv a c && cat c/b/f
     head -c 300000 /dev/urandom > big && cp big copy && cmp big copy && ln -s copy link && readlink link
     chmod 640 copy && stat -c '%a %s' copy && rm big && test ! -e big && rmdir c 2>/dev/null || echo not empty`,
  );
  t.same({ code, output }, { code: 0, output: 'one\ntwo\ncopy\n640 300000\nnot empty\n' });
  t.equal(readFileSync(join(mount.store, 'c/b/f'), 'utf8'), 'one\ntwo\n');
});

t.test('what changes behind it shows at once', { skip, timeout: 0 }, async (t) => {
  const mount = await hosted(t);
  const { output } = await script(
    mount,
    `echo first > "${mount.store}/f" && cat "$1/f" && echo second and longer > "${mount.store}/f" && cat "$1/f"
     rm "${mount.store}/f" && ls -A "$1"`,
  );
  t.equal(output, 'first\nsecond and longer\n');
});

t.test(
  'a value that is longer than its buffer is refused, not copied beyond its end',
  { skip, timeout: 0 },
  async (t) => {
    const mount = await hosted(t);
    const { output } = await script(
      mount,
      `echo x > "$1/f" && setfattr -n user.long -v "$(head -c 1000 /dev/zero | tr '\\0' y)" "$1/f"
     python3 - "$1/f" <<'PYTHON'
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
buffer = ctypes.create_string_buffer(64)
got = libc.getxattr(sys.argv[1].encode(), b'user.long', buffer, 10)
print(got, os.strerror(ctypes.get_errno()), buffer.raw[10:].strip(b'\\0'))
PYTHON
     getfattr --absolute-names -n user.long --only-values "$1/f" | wc -c`,
    );
    t.equal(output, "-1 Numerical result out of range b''\n1000\n");
  },
);

t.test('limit: an access time is taken for the modification time', { skip, timeout: 0 }, async (t) => {
  const mount = await hosted(t);
  const { output } = await script(
    mount,
    `touch "$1/f" && python3 -c 'import os, sys; os.utime(sys.argv[1], (1e9, 1.5e9))' "$1/f" && stat -c %Y "$1/f"`,
  );
  t.equal(output, '1000000000\n');
});

t.test('limit: two names of one file look like two files', { skip, timeout: 0 }, async (t) => {
  const mount = await hosted(t);
  const { output } = await script(
    mount,
    `cd "$1" && echo x > a && ln a b && stat -c %i a b | sort -u | wc -l`,
  );
  t.equal(output, '2\n');
});

t.test(
  'limit: a file deleted while it is open stays under another name until the close',
  { skip, timeout: 0 },
  async (t) => {
    const mount = await hosted(t);
    const { output } = await script(
      mount,
      `cd "$1" && echo kept > f && exec 3< f && rm f && ls -A "${mount.store}" | grep -c fuse_hidden
     cat <&3 && exec 3<&- && sleep 0.5`,
    );
    t.equal(output, '1\nkept\n');
    t.same(
      readdirSync(mount.store).filter((name) => name.includes('hidden')),
      [],
      'then it goes',
    );
  },
);

t.test('limit: files are made as the user who mounts', { skip, timeout: 0 }, async (t) => {
  const mount = await hosted(t);
  const { output } = await script(
    mount,
    `chmod 777 "$1" && setpriv --reuid 65534 --regid 65534 --clear-groups touch "$1/f" && stat -c %u "$1/f"`,
  );
  t.equal(output, '0\n');
});

t.test(
  'limit: renameat2 with flags, and fallocate with holes, are refused',
  { skip, timeout: 0 },
  async (t) => {
    const mount = await hosted(t);
    const { output } = await script(
      mount,
      `cd "$1" && echo x > a && echo y > b
     fallocate --punch-hole --offset 0 --length 1 a 2> /dev/null || echo refused
     python3 -c 'import ctypes, os; l = ctypes.CDLL(None, use_errno=True)
print(l.renameat2(-100, b"a", -100, b"b", 2), os.strerror(ctypes.get_errno()))'`,
    );
    t.equal(output, 'refused\n-1 Invalid argument\n');
  },
);

t.test('every limit is said in a sentence', async (t) => {
  t.ok(LIMITS.length >= 5);
  for (const limit of LIMITS) t.match(limit, /^[A-Z].*\.$/);
});
