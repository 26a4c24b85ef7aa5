import type { IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import t from 'tap';
import { awaitsContinue, lingerAndEnd, unreadOf } from '../../../server/http/unread.js';

const request = (headers: Record<string, string>, complete = false): IncomingMessage =>
  ({ headers, complete }) as unknown as IncomingMessage;

t.test('who waits for 100-continue', async (t) => {
  t.ok(awaitsContinue(request({ expect: '100-Continue' })));
  t.notOk(awaitsContinue(request({ expect: '200' })));
  t.notOk(awaitsContinue(request({})));
});

t.test('what is left of a body decides how to answer', async (t) => {
  t.equal(unreadOf(request({}), false), 'nothing');
  t.equal(unreadOf(request({ 'content-length': '0' }), false), 'nothing');
  t.equal(unreadOf(request({ 'content-length': '9999999' }, true), true), 'nothing');
  t.equal(unreadOf(request({ 'content-length': '10' }), false), 'small');
  t.equal(unreadOf(request({ 'content-length': '9999999' }), false), 'long');
  t.equal(unreadOf(request({ 'transfer-encoding': 'chunked' }), false), 'long');
  t.equal(unreadOf(request({ 'content-length': '10', expect: '100-continue' }), false), 'held');
  t.equal(unreadOf(request({ 'content-length': '10', expect: '100-continue' }), true), 'small');
});

t.test('the answer stands while the rest of the body is read away', async (t) => {
  const server = createServer((incoming, response) => {
    response.writeHead(403, { 'Content-Length': 2, Connection: 'close' });
    response.write('no');
    lingerAndEnd(incoming, response);
  });
  t.teardown(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let said = '';
  socket.on('data', (chunk) => (said += chunk.toString()));
  const size = 4 * 1024 * 1024;
  socket.write(`PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\n\r\n`);
  socket.write(Buffer.alloc(size));
  await once(socket, 'close');
  t.match(said, /^HTTP\/1\.1 403 [^]*no$/);
});
