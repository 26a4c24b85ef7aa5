import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { createLog } from '../../cli/log.js';
import { logAccess, startService } from '../../cli/service.js';
import { type Flags, resolveSettings } from '../../cli/settings.js';
import { planStore } from '../../cli/store-plan.js';
import { memoryAccounts } from '../../lib/access/accounts-file.js';
import { presign } from '../../server/s3/auth/sign.js';

const credentials = { accessKeyId: 'AKIATEST', secret: 'secret' };

async function start(
  directory: string,
  flags: Flags,
  lines: string[] = [],
): Promise<Awaited<ReturnType<typeof startService>>> {
  const { values } = resolveSettings(new Map([['directory', ['.']], ['listen', ['127.0.0.1:0']], ...flags]), {
    env: {},
    directory,
  });
  const log = createLog({
    format: 'json',
    level: 'info',
    colour: false,
    buffered: false,
    write: (line) => lines.push(line),
  });
  return startService(planStore(values), values, memoryAccounts({ id: 'AKIATEST', secret: 'secret' }), log);
}

t.test('store, door and socket are one service with the settings it was given', async (t) => {
  const dir = t.testdir({ site: { 'a.txt': 'hello' }, closed: { 'a.txt': 'no' } });
  const lines: string[] = [];
  const service = await start(
    dir,
    new Map([
      ['publicRead', ['site']],
      ['accessLog', ['true']],
      ['region', ['eu-1']],
    ]),
    lines,
  );
  const host = `127.0.0.1:${service.address.port}`;
  t.equal(await (await fetch(`http://${host}/site/a.txt`)).text(), 'hello');
  t.equal((await fetch(`http://${host}/closed/a.txt`)).status, 403);
  const signed = (region: string): string =>
    presign({
      method: 'GET',
      host,
      path: '/closed/a.txt',
      credentials,
      region,
      time: Date.now(),
      expires: 60,
    });
  t.equal(await (await fetch(`http://${host}${signed('eu-1')}`)).text(), 'no');
  t.equal((await fetch(`http://${host}${signed('us-east-1')}`)).status, 400, 'signed for another region');
  await service.stop();
  const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  t.match(entries[0], { msg: 'GET /site/a.txt', kind: 'access', status: 200, operation: 'GetObject' });
  t.match(entries[1], { status: 403, code: 'AccessDenied' });
  t.match(entries[2]?.['msg'], /X-Amz-Signature=…$/);
  await t.rejects(fetch(`http://${host}/`), 'nobody listens any more');
});

t.test('a port that is taken is a fault, and leaves nothing open', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.teardown(() => other.close());
  const { port } = other.address() as AddressInfo;
  await t.rejects(start(t.testdir(), new Map([['listen', [`127.0.0.1:${port}`]]])), {
    name: 'Fault',
    exitCode: 1,
  });
});

t.test('signatures in a query never reach the log, those of version 2 neither', async (t) => {
  const said: string[] = [];
  const entry = {
    time: 0,
    requestId: 'x',
    remote: undefined,
    method: 'GET',
    operation: undefined,
    bucket: undefined,
    key: undefined,
    account: undefined,
    accessKeyId: undefined,
    status: 200,
    code: undefined,
    received: 0,
    sent: 0,
    milliseconds: 1,
    userAgent: undefined,
  };
  for (const target of [
    '/a?Signature=abc&Expires=1',
    '/a?x=1&X-Amz-Signature=abc',
    '/a?x-amz-security-token=abc',
  ]) {
    logAccess({ info: (message) => said.push(message) }, { ...entry, target });
  }
  t.same(said, [
    'GET /a?Signature=…&Expires=1',
    'GET /a?x=1&X-Amz-Signature=…',
    'GET /a?x-amz-security-token=…',
  ]);
});
