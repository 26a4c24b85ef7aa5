import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import {
  abortConnection,
  connectionIn,
  connectionOf,
  hasServer,
  waitingOn,
} from '../../../mount/kernel/connections.js';
import { NEEDS_ROOT, at, emptyPlace, look, request, startServing } from './serving.js';

t.test('the number is the minor one of a filesystem without a disk', async (t) => {
  t.equal(connectionIn({ device: '0:47' }), 47);
  t.equal(connectionIn({ device: '8:1' }), undefined);
});

t.test('a descriptor that is no mounted device has no number', async (t) => {
  t.equal(connectionOf(0), undefined);
  t.equal(connectionOf(999_999), undefined);
});

t.test('the control files are read and written, and may be missing', async (t) => {
  const control = t.testdir({});
  mkdirSync(`${control}/7`);
  writeFileSync(`${control}/7/waiting`, '12\n');
  writeFileSync(`${control}/7/abort`, '');
  t.equal(waitingOn(7, control), 12);
  t.equal(abortConnection(7, control), true);
  t.equal(readFileSync(`${control}/7/abort`, 'utf8'), '1');
  t.equal(waitingOn(8, control), undefined);
  t.equal(abortConnection(8, control), false);
});

t.test('who waits for a server that hangs is freed by an abort', { skip: NEEDS_ROOT }, async (t) => {
  const place = emptyPlace(t);
  const serving = startServing(t, request(place));
  const { connection } = await serving.next();
  t.equal(connection, connectionIn(at(place) ?? { device: '' }));
  t.match(await look('stat', '-c', '%F', place), { code: 0, out: 'directory\n' });
  await serving.order('hang');
  if (waitingOn(Number(connection)) === undefined) return t.comment('fusectl is not mounted here');
  const stuck = look('ls', place);
  while (waitingOn(Number(connection)) === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  t.equal(abortConnection(Number(connection)), true);
  t.match((await stuck).out, /not connected|abort/i);
  t.match((await look('stat', place)).out, /Transport endpoint is not connected/);
});

t.test(
  'a connection has a server while a process lives that has its device',
  { skip: NEEDS_ROOT },
  async (t) => {
    const serving = startServing(t, request(emptyPlace(t)));
    const { connection } = await serving.next();
    if (hasServer(Number(connection)) === undefined) return t.comment('this kernel does not number devices');
    t.equal(hasServer(Number(connection)), true);
    await serving.order('hang');
    t.equal(hasServer(Number(connection)), true, 'whether or not it answers');
    await serving.kill();
    t.equal(hasServer(Number(connection)), false);
  },
);
