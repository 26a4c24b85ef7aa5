import { spawn } from 'node:child_process';
import { mkdtempSync, openSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import t from 'tap';
import type { Test } from 'tap';
import { backingClose, backingOpen, openFuse, readDevice, writeDevice } from '../../../lib/os/fuse-device.js';
import { mountFuse, unmount } from '../../../lib/os/mounts.js';
import { closeFd } from '../../../lib/os/open.js';
import { E } from '../../../lib/os/system-error.js';

const asRoot = { skip: process.getuid?.() !== 0 && 'needs root' };
const NOSUID = 2;
const INIT = 26;
const GETATTR = 3;
const PASSTHROUGH = 2 ** 37;

/** A connected device whose kernel has been told the protocol's version. Nothing here may touch the mount. */
function connected(t: Test): { fd: number; target: string; end: () => void } {
  // Not in the test's own directory: what empties that would walk into the mount.
  const target = mkdtempSync(`${tmpdir()}/fuse-device-`);
  const fd = openFuse();
  const data = `fd=${fd},rootmode=40000,user_id=0,group_id=0,default_permissions`;
  mountFuse({ source: 'x', target, type: 'fuse.example', flags: NOSUID, data });
  let isMounted = true;
  const end = (): void => {
    if (isMounted) unmount(target, { force: true });
    isMounted = false;
  };
  t.teardown(() => {
    end();
    rmdirSync(target);
    closeFd(fd);
  });
  const request = Buffer.allocUnsafeSlow(65_536);
  const size = readDevice(fd, request);
  t.ok(size >= 56, `${size} bytes`);
  t.equal(request.readUInt32LE(0), size);
  t.equal(request.readUInt32LE(4), INIT);
  const offered = request.readUInt32LE(56 - 4) + (size >= 60 ? request.readUInt32LE(56) * 2 ** 32 : 0);
  const passes = Math.trunc(offered / PASSTHROUGH) % 2 === 1;
  const answer = Buffer.alloc(16 + 64);
  answer.writeUInt32LE(answer.length, 0);
  answer.writeBigUInt64LE(request.readBigUInt64LE(8), 8);
  answer.writeUInt32LE(7, 16);
  answer.writeUInt32LE(40, 20);
  answer.writeUInt32LE(65_536, 24);
  answer.writeUInt32LE(passes ? 1 << 30 : 0, 28);
  answer.writeUInt32LE(4096, 36);
  answer.writeUInt32LE(1, 40);
  answer.writeUInt32LE(passes ? 1 << 5 : 0, 48);
  answer.writeUInt32LE(1, 52);
  t.equal(writeDevice(fd, answer), 0);
  return { fd, target, end };
}

async function arrival(fd: number, into: Buffer): Promise<number> {
  for (;;) {
    const size = readDevice(fd, into);
    if (size !== -1) return size;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

t.test('a request arrives whole, its answer reaches who asked, and the end is told', asRoot, async (t) => {
  const { fd, target, end } = connected(t);
  const request = Buffer.allocUnsafeSlow(65_536);
  t.equal(readDevice(fd, request), -1, 'nobody asks');
  const child = spawn('timeout', ['-s', 'KILL', '20', 'stat', '-c', '%a', target]);
  const said = new Promise<string>((resolve) =>
    child.stderr.once('data', (data: Buffer) => resolve(String(data))),
  );
  const size = await arrival(fd, request);
  t.equal(request.readUInt32LE(0), size);
  t.equal(request.readUInt32LE(4), GETATTR);
  const answer = Buffer.alloc(32, 0xff);
  answer.writeUInt32LE(16, 0);
  answer.writeInt32LE(-E.ENOLCK, 4);
  request.copy(answer, 8, 8, 16);
  t.equal(writeDevice(fd, answer, 16), 0);
  t.match(await said, /No locks available/);
  t.equal(writeDevice(fd, answer, 16), E.ENOENT, 'an answer nobody waits for');
  t.equal(writeDevice(fd, answer), E.EINVAL, 'not an answer');
  await new Promise((resolve) => child.once('exit', resolve));
  end();
  t.equal(readDevice(fd, request), 0);
});

t.test('a file is lent to the kernel and taken back', asRoot, async (t) => {
  const { fd } = connected(t);
  const file = openSync(`${t.testdir({ file: 'content' })}/file`, 'r');
  const id = backingOpen(fd, file);
  t.ok(id > 0, `${id}`);
  backingClose(fd, id);
  t.throws(() => backingClose(fd, id), { code: 'ENOENT' });
  t.throws(() => backingOpen(fd, -1), { code: 'EBADF' });
  closeFd(file);
});

t.test('a device without a mount says so', asRoot, async (t) => {
  const fd = openFuse();
  t.throws(() => readDevice(fd, Buffer.alloc(65_536)), { code: 'EPERM', syscall: 'read' });
  t.equal(writeDevice(fd, Buffer.alloc(16)), E.EPERM);
  closeFd(fd);
});
