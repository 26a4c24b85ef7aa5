/**
 * A mount with next to nothing in it, served by this process: an empty directory that answers. Run by
 * `startServing`, never loaded by a test: who serves a mount must not be who uses it.
 */
import { createInterface } from 'node:readline';
import { readDevice, writeDevice } from '../../../lib/os/fuse-device.js';
import { libc } from '../../../lib/os/libc.js';
import { closeFd } from '../../../lib/os/open.js';
import { E } from '../../../lib/os/system-error.js';
import { mountKernel, type MountRequest } from '../../../mount/kernel/mounting.js';
import { prepareMountpoint } from '../../../mount/kernel/mountpoint.js';

const [GETATTR, STATFS, INIT, OPENDIR, READDIR, FORGET, BATCH_FORGET, INTERRUPT] = [
  3, 17, 26, 27, 28, 2, 42, 36,
];
const HEADER = 16;

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function body(opcode: number): Buffer | number {
  if (opcode === INIT) {
    const out = Buffer.alloc(64);
    out.writeUInt32LE(7, 0);
    out.writeUInt32LE(31, 4);
    out.writeUInt32LE(65_536, 8);
    out.writeUInt32LE(4096, 20);
    out.writeUInt32LE(1, 24);
    return out;
  }
  if (opcode === GETATTR) {
    const out = Buffer.alloc(16 + 88);
    out.writeBigUInt64LE(1n, 16);
    out.writeUInt32LE(0o40755, 16 + 60);
    out.writeUInt32LE(2, 16 + 64);
    return out;
  }
  if (opcode === STATFS) return Buffer.alloc(80);
  if (opcode === OPENDIR) return Buffer.alloc(16);
  if (opcode === READDIR) return Buffer.alloc(0);
  return opcode === 1 ? -E.ENOENT : -E.ENOSYS;
}

function answer(request: Buffer): Buffer | undefined {
  const opcode = request.readUInt32LE(4);
  if ([FORGET, BATCH_FORGET, INTERRUPT].includes(opcode)) return undefined;
  const content = body(opcode);
  const out = Buffer.alloc(HEADER + (typeof content === 'number' ? 0 : content.length));
  out.writeUInt32LE(out.length, 0);
  if (typeof content === 'number') out.writeInt32LE(content, 4);
  else content.copy(out, HEADER);
  request.copy(out, 8, 8, 16);
  return out;
}

async function main(): Promise<void> {
  const request = JSON.parse(process.argv[2] ?? '') as MountRequest;
  const place = await prepareMountpoint({
    path: request.place,
    roots: [],
    nonEmpty: false,
    say: (said) => say({ said }),
  });
  const mount = await mountKernel({ ...request, place });
  const buffer = Buffer.allocUnsafeSlow(65_536);
  let answers = true;
  const watch = libc().onReadable(mount.fd, () => {
    while (answers) {
      const size = readDevice(mount.fd, buffer);
      if (size === -1) return;
      if (size === 0) {
        answers = false;
        watch.close();
        say({ over: true });
        return;
      }
      const out = answer(buffer.subarray(0, size));
      if (out !== undefined) writeDevice(mount.fd, out);
    }
  });
  const orders: Readonly<Record<string, () => unknown>> = {
    hang: () => (answers = false),
    end: () => mount.end(),
    drop: () => mount.drop(),
    close: () => {
      answers = false;
      watch.close();
      closeFd(mount.fd);
      mount.release();
    },
    fault: () => process.exit(3),
  };
  say({ place, connection: mount.connection });
  for await (const order of createInterface({ input: process.stdin })) {
    const run = orders[order];
    if (run === undefined) break;
    const outcome = await run();
    say({ order, outcome });
  }
  process.exit(0);
}

main().catch((error: unknown) => {
  const { message, remedy } = error as { message?: string; remedy?: string };
  say({ failed: message ?? String(error), remedy });
  process.exit(1);
});
