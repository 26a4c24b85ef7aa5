import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { ClientGone, sendStreamed, type StreamedBody } from '../../../server/http/send-body.js';

const BLOCK = Buffer.alloc(256 * 1024, 'block');

function blocks(count: number, written: (at: number) => void = () => {}): StreamedBody {
  return {
    length: count * BLOCK.length,
    async send(write) {
      for (let at = 0; at < count; at++) {
        await write(BLOCK);
        written(at);
      }
    },
    close: () => {},
  };
}

/** Serves `body` once; the client's view and how sending ended. */
async function serve(t: { teardown(end: () => void): unknown }, body: StreamedBody) {
  const server = createServer();
  t.teardown(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const outcome = new Promise<number | Error>((resolve) => {
    server.once('request', (_request, response) => {
      if (body.length !== undefined) response.setHeader('Content-Length', body.length);
      sendStreamed(response, body).then(resolve, resolve);
    });
  });
  const request = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  request.on('error', () => {});
  return { response, outcome };
}

t.test('every block arrives, in order', async (t) => {
  const { response, outcome } = await serve(t, blocks(20));
  let size = 0;
  for await (const chunk of response) size += (chunk as Buffer).length;
  t.equal(size, 20 * BLOCK.length);
  t.equal(await outcome, 20 * BLOCK.length);
});

t.test('a client that does not read stops the writer', async (t) => {
  let last = -1;
  const { response, outcome } = await serve(
    t,
    blocks(400, (at) => (last = at)),
  );
  response.pause();
  let before = -2;
  while (before !== last) {
    before = last;
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  t.ok(last < 399, `it stopped after ${last} blocks`);
  response.resume();
  t.equal(await outcome, 400 * BLOCK.length);
});

t.test('a client that leaves ends the writing', async (t) => {
  const { response, outcome } = await serve(t, blocks(4000));
  response.on('error', () => {});
  response.destroy();
  t.type(await outcome, ClientGone);
});

t.test('a writer that fails, or stops short, cuts the connection', async (t) => {
  const failing: StreamedBody = {
    length: 2 * BLOCK.length,
    async send(write) {
      await write(BLOCK);
      throw new Error('the file changed');
    },
    close: () => {},
  };
  const short: StreamedBody = { ...blocks(1), length: BLOCK.length + 1 };
  for (const body of [failing, short, { ...failing, length: undefined }]) {
    const { response, outcome } = await serve(t, body);
    await t.rejects(async () => {
      for await (const _ of response);
    });
    t.type(await outcome, Error);
    t.notOk(response.complete);
  }
});
