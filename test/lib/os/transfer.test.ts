import { closeSync, constants, openSync, readFileSync, writeFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { copySome, readCached, writeSome } from '../../../lib/os/transfer.js';

function opened(t: Test, content: string): [string, number] {
  const path = `${t.testdir({})}/f`;
  writeFileSync(path, content);
  const fd = openSync(path, constants.O_RDWR);
  t.teardown(() => closeSync(fd));
  return [path, fd];
}

t.test('what is in memory is read, from anywhere, up to the end', async (t) => {
  const [, fd] = opened(t, '0123456789');
  const into = Buffer.alloc(4);
  const count = readCached(fd, into, 3);
  t.ok(count === 4 || count === 0, 'nothing where the system cannot say');
  if (count === 4) t.equal(into.toString(), '3456');
  const long = Buffer.alloc(100);
  const rest = readCached(fd, long, 8);
  if (rest > 0) t.equal(long.toString('latin1', 0, rest), '89');
  t.equal(readCached(fd, into, 10), 0, 'nothing behind the end');
  t.equal(readCached(fd, Buffer.alloc(0), 0), 0);
});

t.test('a part of a buffer is read into where it is', async (t) => {
  const [, fd] = opened(t, '0123456789');
  const whole = Buffer.alloc(16, '-');
  const count = readCached(fd, whole.subarray(4, 8), 0);
  if (count === 4) t.equal(whole.toString(), '----0123--------');
});

t.test('a descriptor that cannot be read says so', async (t) => {
  const fd = openSync(`${t.testdir({})}/w`, 'w');
  t.teardown(() => closeSync(fd));
  t.throws(() => readCached(fd, Buffer.alloc(1), 0), { code: 'EBADF' });
});

t.test('bytes are written where they belong', async (t) => {
  const [path, fd] = opened(t, '0123456789');
  t.equal(writeSome(fd, Buffer.from('abc'), 8), 3);
  t.equal(readFileSync(path, 'latin1'), '01234567abc');
  t.throws(() => writeSome(openSync(path, 'r'), Buffer.from('x'), 0), { code: 'EBADF' });
});

t.test('when there is no room for all, what was written counts', async (t) => {
  const fd = openSync('/dev/full', 'w');
  t.teardown(() => closeSync(fd));
  t.throws(() => writeSome(fd, Buffer.from('x'), 0), { code: 'ENOSPC' });
});

t.test('a range is copied inside the kernel', async (t) => {
  const [, from] = opened(t, '0123456789');
  const [path, to] = opened(t, '');
  const count = copySome(from, 2, to, 0, 100);
  t.equal(count, 8);
  t.equal(readFileSync(path, 'latin1'), '23456789');
  t.throws(() => copySome(from, 0, -1, 0, 1), { code: 'EBADF' });
});
