import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import t from 'tap';
import { signHeaders } from '../../../server/s3/auth/sign.js';
import { KEY, credentialsOf, openDoor, operation, type Door } from './door.js';

const LIMITS = { head: 400, silence: 400, idle: 400 };

const operations = [
  operation('GetObject', () => ({ status: 200, body: 'hello' })),
  operation('PutObject', async ({ body }) => {
    let size = 0;
    await body.pump((chunk) => void (size += chunk.length));
    return { status: 200, body: `${size} bytes` };
  }),
];

const open = (t: Parameters<typeof openDoor>[0]) => openDoor(t, operations, {}, LIMITS);

/** What the door says to these bytes until it closes the connection. */
async function say(door: Door, ...pieces: readonly (string | Buffer | number)[]): Promise<string> {
  const { socket, closed } = await door.raw();
  for (const piece of pieces) {
    if (typeof piece === 'number') await sleep(piece);
    else socket.write(piece);
  }
  return closed;
}

function head(
  door: Door,
  method: string,
  extra: readonly string[],
  headers: Record<string, string> = {},
): string {
  const signed = signHeaders({
    method,
    host: door.host,
    path: '/bucket/key',
    headers,
    credentials: credentialsOf(KEY),
    region: 'us-east-1',
    time: Date.now(),
  });
  const lines = Object.entries(signed.headers).map(([name, value]) => `${name}: ${value}`);
  return `${method} ${signed.target} HTTP/1.1\r\n${[...lines, ...extra].join('\r\n')}\r\n\r\n`;
}

t.test('what is no HTTP, or two readings of it, is refused and the connection closed', async (t) => {
  const door = await open(t);
  const shapes: Record<string, string> = {
    'Content-Length and Transfer-Encoding':
      'PUT /b/k HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n',
    'two Content-Lengths':
      'PUT /b/k HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
    'a negative Content-Length': 'PUT /b/k HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
    'an empty Content-Length': 'PUT /b/k HTTP/1.1\r\nHost: x\r\nContent-Length: \r\n\r\n',
    'chunked that is not the last encoding':
      'PUT /b/k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n',
    'a header line with a bare LF': 'GET /b/k HTTP/1.1\r\nHost: x\nX: y\r\n\r\n',
    'bare LF altogether': 'GET /b/k HTTP/1.1\nHost: x\n\n',
    'a space before the colon': 'GET /b/k HTTP/1.1\r\nHost : x\r\n\r\n',
    'a folded header': 'GET /b/k HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n',
    'a NUL in a header': 'GET /b/k HTTP/1.1\r\nHost: x\r\nA: b\0\r\n\r\n',
    'no Host': 'GET /b/k HTTP/1.1\r\n\r\n',
    'two Hosts': 'GET /b/k HTTP/1.1\r\nHost: x\r\nHost: y\r\nConnection: close\r\n\r\n',
    'another protocol': 'SSH-2.0-OpenSSH_9.2\r\n',
    TLS: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    'HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'a target with a space': 'GET /b/a b HTTP/1.1\r\nHost: x\r\n\r\n',
    'an authority target': 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n',
  };
  for (const [title, bytes] of Object.entries(shapes)) {
    const said = await say(door, Buffer.from(bytes, 'latin1'));
    if (said !== '') t.match(said, /^HTTP\/1\.1 4\d\d /, title);
    t.equal(said.split('HTTP/1.1').length <= 2, true, `${title}: one answer at most`);
    t.notMatch(said, /HTTP\/1\.1 [25]/, title);
  }
  t.same(door.bugs, []);
  t.equal((await door.ask({ path: '/bucket/key' })).body, 'hello', 'and the service goes on');
});

t.test('a head that is too large is a 400 in XML', async (t) => {
  const door = await open(t);
  const said = await say(door, `GET /b/k HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(40_000)}\r\n\r\n`);
  t.match(said, /^HTTP\/1\.1 400 [^]*<Code>RequestHeaderSectionTooLarge</);
});

t.test('a head that drips is cut off in time', async (t) => {
  const door = await open(t);
  const begun = Date.now();
  const said = await say(door, 'GET / HT', 150, 'TP/1.1\r\nHos', 150, 't: x\r\nA: b', 200, 'c', 200);
  t.match(said, /^(HTTP\/1\.1 400 [^]*RequestTimeout|$)/);
  t.ok(Date.now() - begun < 5_000);
});

t.test('a connection that says nothing is closed', async (t) => {
  const door = await open(t);
  t.match(await say(door), /^(HTTP\/1\.1 400 |$)/);
});

t.test('a body that stops arriving is answered and closed', async (t) => {
  const door = await open(t);
  const said = await say(door, head(door, 'PUT', ['Content-Length: 100']), 'hello');
  t.match(said, /^HTTP\/1\.1 400 [^]*<Code>RequestTimeout</);
});

t.test('a body that drips within the limit goes on as long as it likes', async (t) => {
  const door = await open(t);
  const drops = Array.from({ length: 8 }, () => ['x', 150] as const).flat();
  const said = await say(door, head(door, 'PUT', ['Content-Length: 8', 'Connection: close']), ...drops);
  t.match(said, /^HTTP\/1\.1 200 [^]*8 bytes$/);
});

t.test('malformed transfer chunks end in a 4xx or a closed connection', async (t) => {
  const door = await open(t);
  for (const body of [
    'zz\r\nhello\r\n',
    '5\r\nhelloXX',
    '5\nhello\n0\n\n',
    'ffffffffffffffffff\r\n',
    '5;a\0b\r\nhello\r\n0\r\n\r\n',
  ]) {
    const said = await say(door, head(door, 'PUT', ['Transfer-Encoding: chunked']), body);
    if (said !== '') t.match(said, /^HTTP\/1\.1 4/, JSON.stringify(body));
  }
  t.same(door.bugs, []);
});

t.test('100-continue comes when the body is wanted, and not before', async (t) => {
  const door = await open(t);
  const expecting = ['Content-Length: 5', 'Expect: 100-continue', 'Connection: close'];
  const { socket, closed } = await door.raw();
  socket.write(head(door, 'PUT', expecting));
  await new Promise((resolve) => socket.once('data', resolve));
  socket.write('hello');
  t.match(await closed, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 [^]*5 bytes$/);

  const refused = await say(
    door,
    head(door, 'PUT', expecting).replace(/Signature=\w{8}/, 'Signature=00000000'),
  );
  t.match(refused, /^HTTP\/1\.1 403 [^]*connection: close/i);
  t.notMatch(refused, /100 Continue/);
});

t.test('another expectation is no reason to refuse', async (t) => {
  const door = await open(t);
  t.match(
    await say(door, head(door, 'PUT', ['Content-Length: 5', 'Expect: 200', 'Connection: close']), 'hello'),
    /^HTTP\/1\.1 200 /,
  );
});

t.test('a long body that nobody wants does not cost the client its answer', async (t) => {
  const door = await open(t);
  const { socket, closed } = await door.raw();
  const size = 8 * 1024 * 1024;
  socket.write(
    head(door, 'PUT', [`Content-Length: ${size}`]).replace(/Signature=\w{8}/, 'Signature=00000000'),
  );
  socket.write(Buffer.alloc(size));
  const said = await closed;
  t.match(said, /^HTTP\/1\.1 403 [^]*SignatureDoesNotMatch/);
});

t.test('aborted uploads leave nothing behind', async (t) => {
  const door = await open(t);
  for (let at = 0; at < 20; at++) {
    const { socket, closed } = await door.raw();
    socket.write(head(door, 'PUT', ['Content-Length: 1000000']));
    socket.write(Buffer.alloc(1000 * at));
    await sleep(2);
    socket.destroy();
    await closed;
  }
  t.same(door.bugs, []);
  t.equal((await door.ask({ path: '/bucket/key' })).body, 'hello');
});

t.test('requests one behind the other are answered in order', async (t) => {
  const door = await open(t);
  const said = await say(
    door,
    head(door, 'PUT', ['Content-Length: 5']) +
      'hello' +
      head(door, 'GET', []) +
      head(door, 'GET', ['Connection: close']),
  );
  t.equal(said.match(/HTTP\/1\.1 200/g)?.length, 3);
  t.match(said, /5 bytes[^]*hello[^]*hello$/);
});

t.test('whatever bytes a request is spoilt with: a 2xx, a 4xx or a closed connection', async (t) => {
  const door = await open(t);
  const valid = Buffer.from(`${head(door, 'PUT', ['Content-Length: 5', 'Connection: close'])}hello`);
  const spoilt = fc.tuple(fc.nat(valid.length - 1), fc.uint8Array({ minLength: 1, maxLength: 4 }), fc.nat(3));
  const samples = fc.sample(spoilt, { numRuns: 150, seed: 7 });
  await Promise.all(
    samples.map(async ([at, bytes, cut]) => {
      const said = await say(door, Buffer.concat([valid.subarray(0, at), bytes, valid.subarray(at + cut)]));
      if (said !== '') t.match(said, /^HTTP\/1\.[01] (2\d\d|4\d\d|501) /);
    }),
  );
  t.same(door.bugs, []);
});
