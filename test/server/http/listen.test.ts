import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import {
  LIMITS,
  activityOf,
  createHttpServer,
  setActivity,
  type Limits,
} from '../../../server/http/listen.js';

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

async function listen(
  t: { teardown(end: () => Promise<void>): unknown },
  listener: Listener,
  limits: Partial<Limits> = {},
) {
  const http = createHttpServer(
    listener,
    (why) => ({ status: 400, reason: 'Bad Request', contentType: 'text/plain', body: why }),
    { ...LIMITS, ...limits },
  );
  http.server.listen(0, '127.0.0.1');
  await once(http.server, 'listening');
  t.teardown(async () => {
    const stopped = http.stop();
    void http.stop();
    await stopped;
  });
  const { port } = http.server.address() as AddressInfo;
  const dial = () => {
    const socket = connect(port, '127.0.0.1');
    let said = '';
    socket.on('data', (chunk) => (said += chunk.toString()));
    socket.on('error', () => {});
    return { socket, closed: new Promise<string>((resolve) => socket.on('close', () => resolve(said))) };
  };
  return { ...http, dial, port };
}

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

t.test('an upload may take longer than any limit node has by itself', async (t) => {
  const { server } = await listen(t, () => {});
  t.equal(server.requestTimeout, 0);
  t.equal(server.headersTimeout, 30_000);
  t.ok(server.keepAliveTimeout >= 65_000);
  t.equal(server.timeout, 60_000);
});

t.test('silence while the listener works is not the client’s', async (t) => {
  const { dial } = await listen(
    t,
    (request, response) => {
      setActivity(request.socket, { waiting: false, cutOff: () => false });
      setTimeout(() => response.end('done'), 500);
    },
    { silence: 100 },
  );
  const { socket, closed } = dial();
  socket.write(GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
  t.match(await closed, /done/);
});

t.test('silence while the client should read cuts it off', async (t) => {
  const gone = new Promise<void>((resolve) => {
    void listen(
      t,
      (request, response) => {
        setActivity(request.socket, { waiting: false, cutOff: () => false });
        response.on('close', resolve);
        response.end(Buffer.alloc(64 * 1024 * 1024));
      },
      { silence: 200 },
    ).then(({ port }) => {
      const socket = connect(port, '127.0.0.1');
      t.teardown(async () => void socket.destroy());
      socket.pause();
      socket.on('error', () => {});
      socket.write(GET);
    });
  });
  await gone;
  t.pass('the response was closed');
});

t.test('whoever waits for the client is told that nothing came', async (t) => {
  let told = '';
  const { dial } = await listen(
    t,
    (request, response) => {
      setActivity(request.socket, {
        waiting: true,
        cutOff(why) {
          told = why;
          setActivity(request.socket, undefined);
          response.writeHead(400, { Connection: 'close' }).end();
          return true;
        },
      });
      t.ok(activityOf(request.socket));
    },
    { silence: 100 },
  );
  const { socket, closed } = dial();
  socket.write('PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n');
  t.match(await closed, /^HTTP\/1\.1 400/);
  t.equal(told, 'timeout');
});

t.test('stopping finishes what is under way and refuses what is new', async (t) => {
  let finish: () => void = () => {};
  const { dial, stop, stopping, port } = await listen(t, (_request, response) => {
    finish = () => response.end('finished');
  });
  const busy = dial();
  busy.socket.write(GET);
  const idle = dial();
  await once(idle.socket, 'connect');
  while (finish.name === '') await sleep(5);
  t.notOk(stopping());
  const stopped = stop();
  t.ok(stopping());
  t.equal(await idle.closed, '');
  const refused = connect(port, '127.0.0.1');
  const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException];
  t.equal(error.code, 'ECONNREFUSED');
  finish();
  await stopped;
  t.match(await busy.closed, /finished/);
});

t.test('stopping twice cuts what is under way', async (t) => {
  let seen = false;
  const { dial, stop } = await listen(t, () => (seen = true));
  const busy = dial();
  busy.socket.write(GET);
  while (!seen) await sleep(5);
  const stopped = stop();
  void stop();
  await stopped;
  t.equal(await busy.closed, '');
});

t.test('a refusal is answered in the words it is given', async (t) => {
  const { dial } = await listen(t, () => {});
  const { socket, closed } = dial();
  socket.write('nonsense\r\n\r\n');
  t.match(
    await closed,
    /^HTTP\/1\.1 400 Bad Request\r\nContent-Type: text\/plain\r\nContent-Length: 9\r\nConnection: close\r\n\r\nmalformed$/,
  );
});

t.test('upgrades are not for this door', async (t) => {
  const { dial } = await listen(t, (_request, response) => void response.end());
  const { socket, closed } = dial();
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  t.equal(await closed, '');
});
