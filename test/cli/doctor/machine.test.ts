import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import t from 'tap';
import {
  checkClock,
  checkKernel,
  checkNode,
  checkOpenFiles,
  checkPort,
} from '../../../cli/doctor/machine.js';

t.test('versions that are too old are found', async (t) => {
  for (const version of ['20.19.0', '20.20.2', '24.0.0']) t.equal(checkNode(version).level, 'ok', version);
  for (const version of ['20.18.9', '18.20.0']) t.equal(checkNode(version).level, 'problem', version);
  t.equal(checkKernel('6.1.0-13-amd64').level, 'ok');
  t.equal(checkKernel('5.5.19').level, 'note');
  t.equal(checkNode().level, 'ok', 'this one runs it');
});

t.test('a low limit of open files is found', async (t) => {
  const limits = (soft: string): string =>
    `Limit  Soft Limit  Hard Limit\nMax open files            ${soft}  4096  files\n`;
  t.match(checkOpenFiles(limits('1024')), { level: 'note', message: /only 1024/, remedy: /ulimit -n/ });
  t.equal(checkOpenFiles(limits('65536')).level, 'ok');
  t.equal(checkOpenFiles(limits('unlimited')).level, 'ok');
  t.ok(checkOpenFiles().message);
});

t.test('a clock nobody set is found', async (t) => {
  t.equal(checkClock(0).level, 'problem');
  t.equal(checkClock(Date.UTC(2026, 5)).level, 'ok');
});

t.test('a port is free, taken, or served by an S3 server already', async (t) => {
  const other = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(other, 'listening');
  const taken = { host: '127.0.0.1', port: (other.address() as AddressInfo).port };
  t.match(await checkPort(taken), { level: 'problem', message: /EADDRINUSE/, remedy: /--listen/ });
  other.close();
  await once(other, 'close');
  t.equal((await checkPort(taken)).level, 'ok');
  const s3 = createHttpServer((_request, response) =>
    response.writeHead(403, { 'x-amz-request-id': '1' }).end(),
  );
  s3.listen(taken.port, taken.host);
  await once(s3, 'listening');
  t.match(await checkPort(taken), { level: 'note', message: /answers there already/ });
  s3.closeAllConnections();
  s3.close();
});
