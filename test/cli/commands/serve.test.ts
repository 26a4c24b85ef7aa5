import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { listeningOn } from '../../../cli/commands/serve.js';
import { bucketree } from '../captured.js';
import { at, emptyPlace, look } from '../../mount/kernel/serving.js';
import { NEEDS_MOUNTS } from '../mounted.js';
import { started } from '../started.js';

t.test('the first start makes a key, shows it once, and it works', async (t) => {
  const dir = t.testdir({ store: { photos: { 'a.txt': 'hello' }, 'Camera Roll': {} } });
  const first = await started(t, ['store'], dir);
  t.match(first.stdout(), /photos {2}.*\/store\/photos/);
  t.match(first.stdout(), /Not reachable.*Camera Roll\//);
  const secret = /^Secret key: (\S+)$/m.exec(first.stdout())?.[1] ?? '';
  t.match(secret, /^[\w-]{40}$/);
  const { stdout: link } = await bucketree(
    ['presign', 'photos/a.txt', 'store', '--endpoint', first.url],
    dir,
  );
  t.equal(await (await fetch(link.trim())).text(), 'hello');
  first.child.kill('SIGTERM');
  t.equal(await first.exited, 0);
  t.notMatch(first.stderr(), secret, 'the log never has it');
  const second = await started(t, ['store'], dir);
  t.notMatch(second.stdout(), /Secret/);
});

t.test('a mapped bucket needs no store; programs read one line of JSON', async (t) => {
  const dir = t.testdir({ Pictures: {} });
  const { stdout, url } = await started(t, ['--bucket', 'pictures=Pictures', '--log-format', 'json'], dir);
  const ready = JSON.parse(stdout()) as Record<string, unknown>;
  t.match(ready, { event: 'ready', url, buckets: [{ name: 'pictures', directory: join(dir, 'Pictures') }] });
  t.same(readdirSync(join(dir, 'Pictures')), []);
  t.match(
    readFileSync(join(dir, '.local/state/bucketree/accounts.json'), 'utf8'),
    String(ready['accessKey']),
  );
});

t.test('a store that is read-only is not written, keys and all', async (t) => {
  const dir = t.testdir({ store: { photos: {} } });
  await started(t, ['store', '--read-only'], dir);
  t.same(readdirSync(join(dir, 'store')), ['photos']);
  t.same(readdirSync(join(dir, 'store', 'photos')), []);
});

t.test('a request under way is finished after SIGTERM, new ones are refused', async (t) => {
  const dir = t.testdir({ photos: {} });
  const { child, url, exited } = await started(t, ['.'], dir);
  const { port, hostname } = new URL(url);
  const { stdout: link } = await bucketree(
    ['presign', 'photos/slow', '.', '--method', 'PUT', '--endpoint', url],
    dir,
  );
  const { pathname, search } = new URL(link.trim());
  const socket = connect(Number(port), hostname);
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  socket.write(
    `PUT ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Length: 10\r\n\r\n01234`,
  );
  await sleep(300);
  child.kill('SIGTERM');
  await sleep(300);
  await t.rejects(fetch(url), 'new connections are refused');
  socket.write('56789');
  await once(socket, 'close');
  t.match(answer, /^HTTP\/1\.1 200 /);
  t.equal(await exited, 0);
  t.equal(readFileSync(join(dir, 'photos', 'slow'), 'utf8'), '0123456789');
});

t.test('a second signal does not wait for anybody', async (t) => {
  const { child, url, exited } = await started(t, ['.'], t.testdir({ photos: {} }));
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nX-Unfinished: ');
  await sleep(200);
  child.kill('SIGTERM');
  await sleep(200);
  child.kill('SIGINT');
  const code = await exited;
  t.ok(code === 130 || code === 0, `exit code ${code}`);
  socket.destroy();
});

t.test('what is served is mounted as well, and seen in both at once', { skip: NEEDS_MOUNTS }, async (t) => {
  const dir = t.testdir({ store: { photos: { 'a.txt': 'hello' } } });
  for (const more of [[], ['--workers', '2']]) {
    const place = emptyPlace(t);
    const { child, url, stdout, exited } = await started(t, ['store', '--mount', place, ...more], dir);
    t.match(stdout(), `Mounted on ${place}`);
    const words = ['presign', 'photos/put', 'store', '--method', 'PUT', '--endpoint', url];
    const { stdout: link } = await bucketree(words, dir);
    t.equal((await fetch(link.trim(), { method: 'PUT', body: `by HTTP ${more.length}` })).status, 200);
    t.match(await look('cat', `${place}/photos/put`), { code: 0, out: `by HTTP ${more.length}` });
    child.kill('SIGTERM');
    t.equal(await exited, 0);
    t.equal(at(place), undefined);
  }
});

t.test(
  'a mount that fails ends serving, one that is taken away does not',
  { skip: NEEDS_MOUNTS },
  async (t) => {
    const dir = t.testdir({ store: { photos: {} } });
    const words = ['serve', 'store', '--listen', '127.0.0.1:0', '--mount', 'store'];
    t.match(await bucketree(words, dir), { code: 1, stderr: /is inside/ });
    const place = emptyPlace(t);
    const { url, stderr, child, exited } = await started(t, ['store', '--mount', place], dir);
    t.match(await look('umount', place), { code: 0 });
    t.equal((await fetch(url)).status, 403);
    for (let tries = 0; tries < 100 && stderr() === ''; tries += 1) await sleep(50);
    t.match(stderr(), /was unmounted; serving goes on/);
    child.kill('SIGTERM');
    t.equal(await exited, 0);
  },
);

t.test('what is wrong is said before anything is served', async (t) => {
  const dir = t.testdir({ file: '' });
  t.match(await bucketree(['serve'], dir), { code: 2, stderr: /nothing to serve/ });
  t.match(await bucketree(['serve', 'absent'], dir), { code: 1, stderr: /mkdir -p/ });
  t.match(await bucketree(['serve', 'file'], dir), { code: 1, stderr: /not a directory/ });
});

t.test('workers are told one port; what follows -- stays what it is', async (t) => {
  const address = { host: '127.0.0.1', port: 4711 };
  t.same(listeningOn(['serve', 'x'], address), ['serve', 'x', '--listen', '127.0.0.1:4711']);
  t.same(listeningOn(['serve', '--', 'x'], address), ['serve', '--listen', '127.0.0.1:4711', '--', 'x']);
});
