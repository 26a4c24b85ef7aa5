import { chmodSync, chownSync, mkdirSync, statSync } from 'node:fs';
import { spawn, spawnSync } from 'node:child_process';
import t from 'tap';
import type { Test } from 'tap';
import {
  asCaller,
  hasCapability,
  supplementaryGroups,
  withUmask,
  withoutSetId,
} from '../../../lib/os/credentials.js';
import { mkdirAt } from '../../../lib/os/link.js';
import { O, closeFd, openAt, openDirectory, writeFd } from '../../../lib/os/open.js';
import { setMode } from '../../../lib/os/owner.js';
import { inThread } from './thread.js';

const asRoot = { skip: process.getuid?.() !== 0 && 'needs root' };

function rooted(t: Test): { directory: string; root: number } {
  const directory = t.testdir({ file: 'content' });
  const root = openDirectory(directory);
  t.teardown(() => closeFd(root));
  return { directory, root };
}

function create(root: number, name: string, mode = 0o666): void {
  closeFd(openAt(root, name, O.WRONLY | O.CREAT | O.EXCL, mode));
}

t.test('what is created for a caller is the caller’s, and ours again afterwards', asRoot, async (t) => {
  const { directory, root } = rooted(t);
  t.equal(
    asCaller(1234, 5678, () => (create(root, 'theirs'), 'answer')),
    'answer',
  );
  create(root, 'ours');
  asCaller(0, 77, () => create(root, 'group'));
  asCaller(4_000_000_000, 0, () => mkdirAt(root, 'large', 0o777));
  t.match(statSync(`${directory}/theirs`), { uid: 1234, gid: 5678 });
  t.match(statSync(`${directory}/ours`), { uid: 0, gid: 0 });
  t.match(statSync(`${directory}/group`), { uid: 0, gid: 77 });
  t.match(statSync(`${directory}/large`), { uid: 4_000_000_000, gid: 0 });
});

t.test(
  'directories the caller may not enter are no obstacle, setgid ones pass their group on',
  asRoot,
  async (t) => {
    const { directory } = rooted(t);
    mkdirSync(`${directory}/shared`);
    chownSync(`${directory}/shared`, 0, 4321);
    chmodSync(`${directory}/shared`, 0o2770);
    const shared = openDirectory(`${directory}/shared`);
    asCaller(1234, 5678, () => {
      create(shared, 'file');
      mkdirAt(shared, 'sub', 0o755);
    });
    closeFd(shared);
    t.match(statSync(`${directory}/shared/file`), { uid: 1234, gid: 4321 });
    t.equal(statSync(`${directory}/shared/sub`).mode & 0o2000, 0o2000);
  },
);

t.test('root’s other rights are not the caller’s', asRoot, async (t) => {
  const { root } = rooted(t);
  const fd = openAt(root, 'file', O.RDWR);
  t.equal(hasCapability('CAP_FOWNER'), true);
  t.throws(() => asCaller(1234, 5678, () => setMode(fd, 0o600)), { code: 'EPERM' });
  t.equal(
    asCaller(1234, 5678, () => hasCapability('CAP_FOWNER')),
    false,
  );
  t.equal(
    asCaller(1234, 5678, () => hasCapability('CAP_DAC_OVERRIDE')),
    true,
  );
  t.equal(hasCapability('CAP_FOWNER'), true, 'they are back after a failure');
  setMode(fd, 0o600);
  closeFd(fd);
});

t.test('a write without the right clears set-id bits, one with it keeps them', asRoot, async (t) => {
  const { directory, root } = rooted(t);
  const mode = (): number => statSync(`${directory}/file`).mode & 0o7777;
  const fd = openAt(root, 'file', O.RDWR);
  chmodSync(`${directory}/file`, 0o6755);
  writeFd(fd, Buffer.from('x'), 0, 1, 0);
  t.equal(mode(), 0o6755);
  withoutSetId(() => writeFd(fd, Buffer.from('x'), 0, 1, 0));
  t.equal(mode(), 0o755);
  chmodSync(`${directory}/file`, 0o6755);
  asCaller(1234, 5678, () => withoutSetId(() => writeFd(fd, Buffer.from('x'), 0, 1, 0)));
  t.equal(mode(), 0o755);
  t.equal(hasCapability('CAP_FSETID'), true);
  closeFd(fd);
});

t.test('threads have ids of their own', asRoot, async (t) => {
  const { directory } = rooted(t);
  const body = `
    const root = open.openDirectory(data);
    const make = (name) => open.closeFd(open.openAt(root, name, open.O.WRONLY | open.O.CREAT, 0o600));
    const inside = new Int32Array(new SharedArrayBuffer(8));
    const { Worker } = require('node:worker_threads');
    const other = new Worker(\`const { workerData } = require('node:worker_threads');
      Atomics.wait(workerData.inside, 0, 0);
      require('node:fs').writeFileSync(workerData.data + '/other', '');
      Atomics.store(workerData.inside, 1, 1); Atomics.notify(workerData.inside, 1);\`,
      { eval: true, workerData: { data, inside } });
    await new Promise((resolve) => other.once('online', resolve));
    credentials.asCaller(1234, 5678, () => {
      Atomics.store(inside, 0, 1); Atomics.notify(inside, 0);
      Atomics.wait(inside, 1, 0, 10000);
      make('mine');
    });
    await other.terminate();`;
  await inThread(['open', 'credentials'], body, directory);
  t.match(statSync(`${directory}/mine`), { uid: 1234 });
  t.match(statSync(`${directory}/other`), { uid: 0 });
});

t.test('a right given up is gone for the thread, and for no other', asRoot, async (t) => {
  const body = `
    credentials.dropCapability('CAP_FOWNER');
    const after = credentials.hasCapability('CAP_FOWNER');
    credentials.asCaller(1234, 5678, () => undefined);
    const root = open.openDirectory(data);
    const fd = open.openAt(root, 'file', open.O.RDONLY);
    let refused;
    try { owner.setMode(fd, 0o640); } catch (error) { refused = error.code; }
    return [after, credentials.hasCapability('CAP_FOWNER'), refused];`;
  const { directory } = rooted(t);
  chownSync(`${directory}/file`, 1234, 1234);
  t.same(await inThread(['open', 'owner', 'credentials'], body, directory), [false, false, 'EPERM']);
  t.equal(hasCapability('CAP_FOWNER'), true);
});

t.test('the groups of a process are told, and none of one that is gone', asRoot, async (t) => {
  const child = spawn('setpriv', ['--reuid=1234', '--regid=5678', '--groups=7,4000000000,9', 'sleep', '60']);
  await new Promise((resolve) => setTimeout(resolve, 300));
  t.same(supplementaryGroups(child.pid ?? 0), [7, 9, 4_000_000_000]);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
  t.same(supplementaryGroups(child.pid ?? 0), []);
});

t.test('a thread’s umask is its own', async (t) => {
  const { directory } = rooted(t);
  const body = `
    const root = open.openDirectory(data);
    const make = (name) => open.closeFd(open.openAt(root, name, open.O.WRONLY | open.O.CREAT, 0o666));
    credentials.ownUmask();
    credentials.ownUmask();
    credentials.withUmask(0o77, () => make('private'));
    credentials.withUmask(0, () => make('public'));
    credentials.withUmask(0o27, () => make('between'));`;
  await inThread(['open', 'credentials'], body, directory);
  t.equal(statSync(`${directory}/private`).mode & 0o777, 0o600);
  t.equal(statSync(`${directory}/public`).mode & 0o777, 0o666);
  t.equal(statSync(`${directory}/between`).mode & 0o777, 0o640);
  const root = openDirectory(directory);
  const before = process.umask();
  withUmask(0o77, () => create(root, 'here'));
  closeFd(root);
  t.equal(statSync(`${directory}/here`).mode & 0o777, 0o600);
  t.equal(process.umask(), before);
});

t.test('without root’s rights, work runs as whoever we are', asRoot, async (t) => {
  const { directory } = rooted(t);
  chmodSync(directory, 0o777);
  const url = new URL('../../../lib/os/credentials.js', import.meta.url).href;
  const text = `import(${JSON.stringify(url)}).then(({ asCaller, withoutSetId, hasCapability }) => {
    asCaller(1, 1, () => withoutSetId(() => require('node:fs').writeFileSync(process.argv[1], '')));
    console.log(hasCapability('CAP_FSETID'));
  })`;
  const options = { uid: 1234, gid: 5678 };
  const run = spawnSync(process.execPath, ['-e', text, `${directory}/own`], { ...options, encoding: 'utf8' });
  t.match(run, { status: 0, stdout: 'false\n' }, run.stderr);
  t.match(statSync(`${directory}/own`), { uid: 1234, gid: 5678 });
});
