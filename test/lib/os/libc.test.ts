import { Worker } from 'node:worker_threads';
import t from 'tap';
import { addressOf, declared, lastError, libc, unsupported } from '../../../lib/os/libc.js';
import { E } from '../../../lib/os/system-error.js';

t.test('a failed call leaves its errno behind', async (t) => {
  const result = libc().close(-1);
  t.match(lastError('close'), { code: 'EBADF', syscall: 'close' });
  t.equal(result, -1);
});

t.test('the library is loaded once', async (t) => {
  t.equal(libc(), libc());
});

t.test('a group of calls is declared when it is first asked for, once', async (t) => {
  let groups = 0;
  const calls = declared((declare) => {
    groups += 1;
    return { getpid: declare<() => number>('getpid', 'int') };
  });
  t.equal(groups, 0);
  t.equal(calls().getpid(), process.pid);
  t.equal(calls(), calls());
  t.equal(groups, 1);
});

t.test('memory has an address, for structures that point to each other', async (t) => {
  const bytes = Buffer.allocUnsafeSlow(16);
  t.equal(addressOf(bytes), addressOf(bytes));
  t.equal(addressOf(bytes.subarray(8)), addressOf(bytes) + 8n);
});

t.test('system calls go by their number for this processor', async (t) => {
  const calls = libc();
  const memory = Buffer.alloc(24);
  const failures = {
    openat2: () => calls.openat2(-1, 'a', memory, 24),
    getdents64: () => calls.getdents64(-1, memory, 24),
    renameat2: () => calls.renameat2(-1, 'a', -1, 'b', 1),
    copyFileRange: () => calls.copyFileRange(-1, memory, -1, memory, 1),
  };
  for (const [name, call] of Object.entries(failures)) {
    t.equal(call(), -1, name);
    t.not(calls.errno(), E.ENOSYS, `${name} exists here`);
  }
});

t.test('a struct may point at memory', async (t) => {
  const calls = libc();
  const memory = Buffer.allocUnsafeSlow(64);
  t.ok(addressOf(memory) > 0n);
  const args = new BigUint64Array([addressOf(memory), 64n]);
  const size = calls.getxattrat(-1, 'a', 0, 'user.none', args, 16);
  const errno = calls.errno();
  t.equal(size, -1);
  t.ok([E.EBADF, E.ENOSYS].includes(errno), 'nothing stands at no descriptor, or the kernel is older');
});

t.test('every thread loads its own', async (t) => {
  const url = JSON.stringify(new URL('../../../lib/os/libc.js', import.meta.url).href);
  const text = `import(${url}).then(({ libc }) => require('node:worker_threads').parentPort.postMessage(libc().close(-1)))`;
  const workers = [1, 2].map(() => new Worker(text, { eval: true }));
  const answers = workers.map((worker) => new Promise((resolve) => void worker.once('message', resolve)));
  t.same(await Promise.all(answers), [-1, -1]);
});

t.test('a platform without the calls is refused with a reason', async (t) => {
  t.equal(unsupported('linux', 'x64'), undefined);
  t.equal(unsupported('linux', 'arm64'), undefined);
  t.match(unsupported('darwin', 'arm64'), /darwin/);
  t.match(unsupported('win32', 'x64'), /win32/);
  t.match(unsupported('linux', 'ia32'), /ia32/);
});
