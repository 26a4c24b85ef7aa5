import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { S3Response } from '../../../server/s3/operation.js';
import { openDoor, operation } from './door.js';

const doorAnswering = (t: Parameters<typeof openDoor>[0], answer: () => S3Response) =>
  openDoor(t, [
    operation('GetObject', answer),
    operation('HeadObject', answer),
    operation('DeleteObject', answer),
  ]);

t.test('bytes go out as they are, small or large, whatever they hold', async (t) => {
  for (const size of [0, 1, 4096, 12 * 1024, 12 * 1024 + 1, 1_000_000]) {
    const bytes = Buffer.from(Array.from({ length: size }, (_, at) => at & 0x7f));
    const door = await doorAnswering(t, () => ({ status: 200, body: bytes }));
    const answer = await door.ask({ path: '/bucket/key' });
    t.equal(answer.headers['content-length'], String(size));
    t.ok(Buffer.from(answer.body).equals(bytes), `${size} bytes`);
  }
});

t.test('every byte value survives', async (t) => {
  for (const size of [256, 64 * 256]) {
    const bytes = Buffer.from(Array.from({ length: size }, (_, at) => at & 0xff));
    const door = await doorAnswering(t, () => ({ status: 200, body: bytes }));
    const { socket, closed } = await door.raw();
    socket.write('GET /open/key HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    const said = await closed;
    t.equal(said.slice(said.indexOf('\r\n\r\n') + 4), bytes.toString('latin1'));
  }
});

t.test('text is counted in bytes', async (t) => {
  const door = await doorAnswering(t, () => ({ status: 200, body: 'Grüße' }));
  const answer = await door.ask({ path: '/bucket/key' });
  t.equal(answer.headers['content-length'], '7');
  t.equal(answer.body, 'Grüße');
});

t.test('headers that are undefined are left out, numbers written', async (t) => {
  const door = await doorAnswering(t, () => ({ status: 200, headers: { A: undefined, B: 0, C: '' } }));
  const { headers } = await door.ask({ path: '/bucket/key' });
  t.notOk('a' in headers);
  t.equal(headers['b'], '0');
  t.equal(headers['c'], '');
});

t.test('204 and 304 have neither body nor length', async (t) => {
  for (const status of [204, 304]) {
    const door = await doorAnswering(t, () => ({ status, body: 'nothing' }));
    const answer = await door.ask({ method: 'DELETE', path: '/bucket/key' });
    t.equal(answer.status, status);
    t.equal(answer.body, '');
    t.notOk('content-length' in answer.headers);
  }
});

t.test('HEAD closes a body it does not send, and tells its length', async (t) => {
  let closed = 0;
  let sent = 0;
  const door = await doorAnswering(t, () => ({
    status: 200,
    body: { length: 77, send: async () => void (sent += 1), close: () => void (closed += 1) },
  }));
  const answer = await door.ask({ method: 'HEAD', path: '/bucket/key' });
  t.equal(answer.headers['content-length'], '77');
  t.same([sent, closed], [0, 1]);
});

t.test('a streamed body without a length is sent in chunks', async (t) => {
  const door = await doorAnswering(t, () => ({
    status: 200,
    body: {
      length: undefined,
      async send(write) {
        for (const word of ['one ', 'two']) {
          await write(Buffer.from(word));
          await sleep(5);
        }
      },
      close: () => {},
    },
  }));
  const answer = await door.ask({ path: '/bucket/key' });
  t.equal(answer.body, 'one two');
  t.equal(answer.headers['transfer-encoding'], 'chunked');
});
