/**
 * What no well-meaning client sends, over bare sockets: each gets a 4xx or a closed connection, never a hang,
 * a crash or a 500; and what is merely slow completes. TEST_SLOW_SECONDS says how long the slow upload
 * takes, TEST_LONG_WAITS=1 adds the silences of a minute.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { EMPTY_SHA256, signedHeaders } from '../../bench/sign.js';
import { count, directory } from './disk.js';
import { launch, serve, type Server } from './server.js';

const SLOW_SECONDS = count('TEST_SLOW_SECONDS', 6);
const LONG = process.env['TEST_LONG_WAITS'] === '1' || process.env['CI'] === 'true';

interface Said {
  readonly text: string;
  readonly status: number;
  readonly closed: boolean;
  readonly milliseconds: number;
}

interface Conversation {
  /** Ends the wait: the server closed, or said this much, or the time is over. */
  readonly milliseconds?: number;
  readonly stopAtAnswer?: boolean;
}

/** Writes the pieces, `every` milliseconds apart, and hears what is said until the end. */
function say(
  server: Server,
  pieces: Iterable<string | Buffer>,
  every: number,
  { milliseconds = 10_000, stopAtAnswer = true }: Conversation = {},
): Promise<Said> {
  return new Promise((resolve) => {
    const began = Date.now();
    const socket = connect({ host: server.host, port: server.port, allowHalfOpen: true });
    let text = '';
    let over = false;
    const done = (closed: boolean): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      socket.destroy();
      const status = Number(
        /^HTTP\/1\.1 (\d{3})/.exec(text.replace(/^HTTP\/1\.1 100[^]*?\r\n\r\n/, ''))?.[1] ?? 0,
      );
      resolve({ text, status, closed, milliseconds: Date.now() - began });
    };
    const timer = setTimeout(() => done(false), milliseconds);
    socket.on('error', () => done(true));
    socket.on('close', () => done(true));
    socket.on('end', () => done(true));
    socket.on('data', (block: Buffer) => {
      text += block.toString('latin1');
      const final = text.replace(/^HTTP\/1\.1 100[^]*?\r\n\r\n/, '');
      if (stopAtAnswer && final.includes('\r\n\r\n')) setTimeout(() => done(false), 50);
    });
    void (async () => {
      for (const piece of pieces) {
        if (over) return;
        socket.write(piece);
        if (every > 0) await new Promise((wake) => setTimeout(wake, every));
      }
    })();
  });
}

function head(
  server: Server,
  method: string,
  path: string,
  extra: string,
  payload = 'UNSIGNED-PAYLOAD',
): string {
  const headers = signedHeaders(
    { accessKey: server.accessKey, secretKey: server.secretKey, region: 'us-east-1' },
    { method, host: `${server.host}:${server.port}`, path, payload },
    new Date(),
  );
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}${extra}`;
}

t.test('http abuse', { timeout: 0 }, async (t) => {
  t.jobs = 8;
  const store = directory(t);
  mkdirSync(join(store, 'bucket'));
  const server = await serve(t, { store });
  const { client } = server;
  t.equal((await client.put('bucket', 'key', 'value')).status, 200);
  const put = (extra: string): string => head(server, 'PUT', '/bucket/smuggled', extra);

  const shapes: Readonly<Record<string, string>> = {
    'Content-Length beside Transfer-Encoding': put(
      'content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /bucket/key HTTP/1.1\r\nhost: x\r\n\r\n',
    ),
    'two Content-Lengths': put('content-length: 5\r\ncontent-length: 6\r\n\r\nhello!'),
    'a negative Content-Length': put('content-length: -5\r\n\r\nhello'),
    'a Content-Length with a sign': put('content-length: +5\r\n\r\nhello'),
    'a Content-Length beyond numbers': put('content-length: 99999999999999999999999\r\n\r\nhello'),
    'a header line ended by a bare LF': put('x-a: b\ncontent-length: 5\r\n\r\nhello'),
    'a header ended by bare LFs': put('content-length: 5\n\nhello'),
    'a folded header line': put('x-a: b\r\n  folded\r\ncontent-length: 5\r\n\r\nhello'),
    'a space before the colon': put('content-length : 5\r\n\r\nhello'),
    'an obscured Transfer-Encoding': put('transfer-encoding: xchunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'),
    'chunked not last': put('transfer-encoding: chunked, identity\r\n\r\n5\r\nhello\r\n0\r\n\r\n'),
    'a chunk size that is none': put('transfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n'),
    'a chunk size beyond numbers': put('transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello\r\n'),
    'a header with a NUL': put('x-a: b\0c\r\ncontent-length: 5\r\n\r\nhello'),
    'a header of 100 KB': put(`x-a: ${'b'.repeat(100_000)}\r\ncontent-length: 5\r\n\r\nhello`),
    '50,000 headers': put('x-a: b\r\n'.repeat(50_000) + 'content-length: 5\r\n\r\nhello'),
    'a target of 100 KB': head(server, 'GET', `/bucket/${'k'.repeat(100_000)}`, '\r\n'),
    'no request at all': 'hello\r\n\r\n',
    'binary noise': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
    'a method nobody knows': head(server, 'FROB', '/bucket/key', '\r\n'),
    'an unfinished percent escape': head(server, 'GET', '/bucket/%', '\r\n'),
    'an escape of no byte': head(server, 'GET', '/bucket/%zz', '\r\n'),
    'a target without a slash': 'GET bucket/key HTTP/1.1\r\nhost: x\r\n\r\n',
    'no Host': 'GET /bucket/key HTTP/1.1\r\n\r\n',
    'two Hosts': 'GET /bucket/key HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n',
    'HTTP/3.7': 'GET /bucket/key HTTP/3.7\r\nhost: x\r\n\r\n',
    CONNECT: 'CONNECT 127.0.0.1:22 HTTP/1.1\r\nhost: x\r\n\r\n',
    'an upgrade': 'GET /bucket/key HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n',
    'XML with an entity bomb': head(
      server,
      'POST',
      '/bucket?delete=',
      `content-length: 150\r\n\r\n<!DOCTYPE a [<!ENTITY b "c">]><Delete><Object><Key>&b;</Key></Object></Delete>`.padEnd(
        200,
      ),
    ),
  };
  for (const [name, bytes] of Object.entries(shapes)) {
    t.test(name, async (t) => {
      const said = await say(server, [Buffer.from(bytes, 'latin1')], 0);
      t.ok(said.closed || said.status !== 0, 'it does not hang');
      t.ok(
        said.status === 0 || (said.status >= 400 && said.status < 500) || said.status === 501,
        `${said.status}`,
      );
      t.notMatch(said.text, 'value', 'and nothing was smuggled');
    });
  }

  t.test('headers that never end are closed within the limit of 30 s', async (t) => {
    function* dribble(): Generator<string> {
      yield 'GET /bucket/key HTTP/1.1\r\n';
      for (let number = 0; ; number++) yield `x-${number}: y\r\n`;
    }
    const said = await say(server, dribble(), 500, { milliseconds: 60_000, stopAtAnswer: false });
    t.ok(said.closed, `closed after ${said.milliseconds} ms`);
    t.ok(said.status === 0 || said.status === 408 || said.status === 400, `${said.status}`);
  });

  t.test('a slow upload that goes on completes', async (t) => {
    const size = SLOW_SECONDS * 1024;
    function* dribble(): Generator<string | Buffer> {
      yield head(server, 'PUT', '/bucket/slow', `content-length: ${size}\r\n\r\n`);
      for (let sent = 0; sent < size; sent += 1024) yield Buffer.alloc(1024, 's');
    }
    const said = await say(server, dribble(), 1000, { milliseconds: (SLOW_SECONDS + 30) * 1000 });
    t.equal(said.status, 200);
    t.equal(readFileSync(join(store, 'bucket/slow')).length, size);
  });

  t.test(
    'a body that stops coming is closed after a minute',
    { skip: !LONG && 'TEST_LONG_WAITS is not 1' },
    async (t) => {
      const start = head(server, 'PUT', '/bucket/stopped', 'content-length: 100\r\n\r\nonly this');
      const said = await say(server, [start], 0, { milliseconds: 90_000, stopAtAnswer: false });
      t.ok(said.closed, `closed after ${said.milliseconds} ms`);
      t.equal((await client.get('bucket', 'stopped')).status, 404);
    },
  );

  t.test('100-continue comes after the judgement, not before it', async (t) => {
    const expecting = 'expect: 100-continue\r\ncontent-length: 5\r\n';
    const stranger = await say(
      server,
      [`PUT /bucket/new HTTP/1.1\r\nhost: ${server.host}:${server.port}\r\n${expecting}\r\n`],
      0,
    );
    t.notMatch(stranger.text, '100 Continue');
    t.equal(stranger.status, 403);
    const unmet = await say(
      server,
      [head(server, 'PUT', '/bucket/key', `if-none-match: *\r\n${expecting}\r\n`)],
      0,
    );
    t.notMatch(unmet.text, '100 Continue');
    t.equal(unmet.status, 412);
    const welcome = await say(server, [head(server, 'PUT', '/bucket/new', `${expecting}\r\n`), 'hello'], 300);
    t.match(welcome.text, /^HTTP\/1\.1 100 /);
    t.equal(welcome.status, 200);
  });

  t.test('a signature over another body is refused and changes nothing', async (t) => {
    const request = head(server, 'PUT', '/bucket/key', 'content-length: 5\r\n\r\nother', EMPTY_SHA256);
    const said = await say(server, [request], 0);
    t.equal(said.status, 400);
    t.match(said.text, 'XAmzContentSHA256Mismatch');
    t.equal((await client.get('bucket', 'key')).text, 'value');
  });

  t.test('the service goes on', async (t) => {
    t.equal((await client.put('bucket', 'after', 'yes')).status, 200);
    t.ok(server.running);
  });
});

t.test('SIGTERM lets requests in flight finish, takes no new ones and exits 0', async (t) => {
  const store = directory(t);
  mkdirSync(join(store, 'bucket'));
  const server = await launch({ store });
  t.teardown(() => void server.process.kill('SIGKILL'));
  const size = 3000;
  function* dribble(): Generator<string | Buffer> {
    yield head(server, 'PUT', '/bucket/flight', `content-length: ${size}\r\n\r\n`);
    for (let sent = 0; sent < size; sent += 500) yield Buffer.alloc(500, 'f');
  }
  const upload = say(server, dribble(), 200);
  await new Promise((resolve) => setTimeout(resolve, 400));
  const ended = server.stop('SIGTERM');
  await new Promise((resolve) => setTimeout(resolve, 200));
  const late = await say(server, [head(server, 'GET', '/bucket/flight', '\r\n')], 0, { milliseconds: 2000 });
  t.not(late.status, 200, 'a new connection is not served');
  t.equal((await upload).status, 200, 'the upload under way is');
  t.equal(await ended, 0, 'and the exit code is 0');
  t.equal(readFileSync(join(store, 'bucket/flight')).length, size);
});

t.test('a second signal forces the end', async (t) => {
  const store = directory(t);
  mkdirSync(join(store, 'bucket'));
  const server = await launch({ store });
  t.teardown(() => void server.process.kill('SIGKILL'));
  const never = say(server, [head(server, 'PUT', '/bucket/never', 'content-length: 100\r\n\r\nx')], 0);
  await new Promise((resolve) => setTimeout(resolve, 300));
  server.process.kill('SIGTERM');
  await new Promise((resolve) => setTimeout(resolve, 300));
  t.ok(server.running, 'the first waits for the request');
  await server.stop('SIGTERM');
  t.notOk(server.running, 'the second does not');
  await never;
});
