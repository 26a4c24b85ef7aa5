import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { DeviceLoop } from '../../../mount/kernel/device-loop.js';
import { OPCODE } from '../../../mount/kernel/protocol.js';
import { Session } from '../../../mount/kernel/session.js';
import { directory, run, type Scope } from '../../system/disk.js';
import { MemoryFilesystem } from './memory-filesystem.js';
import { request, u32, u64, zeros } from './wire.js';

interface Wired {
  readonly loop: DeviceLoop;
  readonly forgotten: bigint[];
  readonly ends: unknown[];
  give(bytes: Buffer): void;
  /** As the device does when it is unmounted: nothing more to read. */
  unmount(): void;
}

/** A pipe stands for the device: it too gives what was written, says when there is something, and ends. */
function wired(scope: Scope, spinMicroseconds: number): Wired {
  const path = join(directory(scope), 'pipe');
  run('mkfifo', path);
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  const forgotten: bigint[] = [];
  const ends: unknown[] = [];
  const filesystem = new MemoryFilesystem();
  filesystem.forget = (node) => void forgotten.push(node);
  const session = new Session({
    filesystem,
    wishes: { passthrough: false, exportable: false, stackDepth: 1 },
    onReady: () => undefined,
    onRefused: () => undefined,
    onFault: () => undefined,
    channel: {
      send: () => 0,
      backing: { open: () => 0, close: () => undefined },
      attributesChange: () => undefined,
    },
  });
  const loop = new DeviceLoop({ fd, session, spinMicroseconds, onEnd: (error) => ends.push(error) });
  let open = true;
  const unmount = (): void => {
    if (open) closeSync(writer);
    open = false;
  };
  scope.teardown(() => {
    loop.stop();
    unmount();
    closeSync(fd);
  });
  return { loop, forgotten, ends, give: (bytes) => void writeSync(writer, bytes), unmount };
}

async function until(condition: () => boolean): Promise<void> {
  for (let round = 0; round < 400 && !condition(); round++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function forget(node: bigint): Buffer {
  return request({ opcode: OPCODE.FORGET, node }, u64(1n));
}

for (const spin of [0, 200]) {
  t.test(`requests are served as they come, until there is no mount (spin ${spin})`, async (t) => {
    const { loop, forgotten, ends, give, unmount } = wired(t, spin);
    loop.start();
    for (const node of [5n, 6n, 7n]) {
      give(forget(node));
      await until(() => forgotten.includes(node));
    }
    t.strictSame(forgotten, [5n, 6n, 7n]);
    t.strictSame(ends, []);
    unmount();
    await until(() => ends.length > 0);
    t.strictSame(ends, [undefined]);
  });
}

t.test('stopped, it reads nothing more', async (t) => {
  const { loop, forgotten, give, ends } = wired(t, 0);
  loop.start();
  give(forget(5n));
  await until(() => forgotten.length > 0);
  loop.stop();
  give(forget(6n));
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.strictSame(forgotten, [5n]);
  loop.stop();
  t.strictSame(ends, []);
});

t.test('a promise that is settled already is answered without another request', async (t) => {
  const { loop, give } = wired(t, 0);
  let settled = false;
  const filesystem = MemoryFilesystem.prototype;
  const { fsyncdir } = filesystem;
  t.teardown(() => {
    filesystem.fsyncdir = fsyncdir;
  });
  filesystem.fsyncdir = async () => {
    await Promise.resolve();
    settled = true;
  };
  loop.start();
  give(request({ opcode: OPCODE.INIT }, u32(7), u32(45), zeros(56)));
  // A pipe joins what is written before it is read.
  await new Promise((resolve) => setTimeout(resolve, 20));
  give(request({ opcode: OPCODE.FSYNCDIR }, u64(1n), zeros(8)));
  await until(() => settled);
  t.ok(settled);
});
