import t from 'tap';
import type { Filesystem } from '../../../mount/filesystem/filesystem.js';
import { type Bound, handlerOf } from '../../../mount/kernel/dispatch.js';
import { Message } from '../../../mount/kernel/message.js';
import { Backings } from '../../../mount/kernel/passthrough.js';
import type { Bodies, Operation, Request } from '../../../mount/kernel/request.js';
import { OPERATIONS } from '../../../mount/kernel/request.js';
import { MemoryFilesystem } from './memory-filesystem.js';

/** What the kernel does without, or what the session answers itself. */
const ELSEWHERE: readonly Operation[] = [
  ...(['ACCESS', 'BMAP', 'POLL', 'SYNCFS', 'GETLK', 'SETLK', 'SETLKW'] as const),
  ...(['SETUPMAPPING', 'REMOVEMAPPING'] as const),
  ...(['INIT', 'DESTROY', 'FORGET', 'BATCH_FORGET', 'INTERRUPT', 'NOTIFY_REPLY'] as const),
];

function bound(filesystem: Filesystem): Bound {
  const device = { open: () => 1, close: () => undefined };
  return {
    filesystem,
    backings: new Backings(device, true),
    agreement: {
      minor: 45,
      setxattrExt: true,
      passthrough: true,
      noFlush: true,
      listings: true,
      expireOnly: true,
      epoch: true,
    },
    attributesChange: () => undefined,
  };
}

function asked<O extends Operation>(node: bigint, body: Bodies[O]): Request<O> {
  return { unique: 1n, node, caller: { uid: 1000, gid: 100, pid: 1 }, body };
}

t.test('every operation is served, or known to be answered otherwise', async (t) => {
  for (const operation of OPERATIONS) {
    if (operation === undefined) continue;
    t.equal(handlerOf(operation) === undefined, ELSEWHERE.includes(operation), operation);
  }
});

t.test('a copy is of no more than its answer can count', async (t) => {
  const lengths: number[] = [];
  const filesystem = new MemoryFilesystem();
  filesystem.copyFileRange = (_from, _fromOffset, _to, _toOffset, length) => {
    lengths.push(length);
    return length;
  };
  const body = { from: 1n, fromOffset: 0, to: 2n, toOffset: 0, length: Number.MAX_SAFE_INTEGER };
  const answer = new Message(64);
  const copied = handlerOf('COPY_FILE_RANGE')?.perform(bound(filesystem), asked(1n, body), answer);
  t.strictSame(lengths, [0x7fff_f000]);
  t.equal(copied, 0x7fff_f000);
});

t.test('a read is of no more than an answer has room for', async (t) => {
  const sizes: number[] = [];
  const filesystem = new MemoryFilesystem();
  filesystem.read = (_handle, _offset, into) => {
    sizes.push(into.length);
    return 0;
  };
  const body = { handle: 1n, offset: 0, size: 0xffff_ffff };
  handlerOf('READ')?.perform(bound(filesystem), asked(1n, body), new Message(2 ** 20 + 16));
  t.strictSame(sizes, [2 ** 20]);
});

t.test('what was promised is released when its answer is lost, even if releasing fails', async (t) => {
  const filesystem = new MemoryFilesystem();
  filesystem.release = () => Promise.reject(new Error('too late'));
  const opened = { handle: 1n, fd: undefined, keepCache: false };
  const result = { opened, flags: 0, backingId: 0 };
  const undo = (): void =>
    handlerOf('OPEN')?.undo?.(bound(filesystem), asked<'OPEN'>(1n, { flags: 0, killSetId: false }), result);
  t.doesNotThrow(undo);
  await new Promise((resolve) => setImmediate(resolve));
});
