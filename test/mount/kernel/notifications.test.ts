import t from 'tap';
import { encodeNotification } from '../../../mount/kernel/notifications.js';
import { answer, name, u32, u64 } from './wire.js';

const ALL = { expireOnly: true, epoch: true };

t.test('an inode’s attributes, or its content from somewhere on', async (t) => {
  t.strictSame(
    encodeNotification({ kind: 'inode', node: 42n, offset: -1, length: 0 }, ALL),
    answer(0n, 2, u64(42n), u64(-1n), u64(0)),
  );
  t.strictSame(
    encodeNotification({ kind: 'inode', node: 42n, offset: 4096, length: 100 }, ALL),
    answer(0n, 2, u64(42n), u64(4096), u64(100)),
  );
});

t.test('a name is dropped, or only looked up again where the kernel knows how', async (t) => {
  const dropped = answer(0n, 3, u64(7n), u32(3), u32(0), name('cat'));
  const expired = answer(0n, 3, u64(7n), u32(3), u32(1), name('cat'));
  const of = (expire: boolean) => ({ kind: 'entry', parent: 7n, name: Buffer.from('cat'), expire }) as const;
  t.strictSame(encodeNotification(of(false), ALL), dropped);
  t.strictSame(encodeNotification(of(true), ALL), expired);
  t.strictSame(encodeNotification(of(true), { expireOnly: false, epoch: true }), dropped);
});

t.test('a new epoch has no body', async (t) => {
  t.strictSame(encodeNotification({ kind: 'epoch' }, ALL), answer(0n, 8));
});
