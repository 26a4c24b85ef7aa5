/**
 * Trees made by an adversary: nothing outside the bucket, and nothing of ours inside it, is read, listed or
 * changed through any key, and the service goes on.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { signedHeaders } from '../../bench/sign.js';
import type { Answer, Client } from './client.js';
import {
  count,
  directory,
  lacking,
  programNeeded,
  rootNeeded,
  run,
  volume,
  volumeNeeded,
  type Scope,
} from './disk.js';
import { serve, type Server } from './server.js';

const SECRET = 'a secret outside of the bucket';
const SWAP_REQUESTS = count('TEST_SWAP_REQUESTS', 200);
const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all'];

interface Place {
  readonly base: string;
  readonly store: string;
  readonly root: string;
  readonly outside: string;
}

function place(scope: Scope): Place {
  const base = directory(scope);
  const store = join(base, 'store');
  const root = join(store, 'bucket');
  const outside = join(base, 'outside');
  mkdirSync(root, { recursive: true });
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret'), SECRET);
  return { base, store, root, outside };
}

async function goesOn(
  t: { equal(a: unknown, b: unknown, words: string): void },
  client: Client,
): Promise<void> {
  t.equal((await client.put('bucket', 'still/here', 'yes')).status, 200, 'the service goes on');
  t.equal((await client.get('bucket', 'still/here')).text, 'yes', 'and answers');
  await client.delete('bucket', 'still/here');
}

function refused(answer: Answer): boolean {
  return answer.status === 403 || answer.status === 404;
}

t.test('symbolic links lead nowhere', async (t) => {
  const { store, root, outside } = place(t);
  const { client } = await serve(t, { store });
  await client.put('bucket', 'real', 'real');
  symlinkSync('../../outside/secret', join(root, 'relative'));
  symlinkSync(join(outside, 'secret'), join(root, 'absolute'));
  symlinkSync(outside, join(root, 'directory'));
  symlinkSync('.bucketree', join(root, 'ours'));
  symlinkSync('.bucketree/lock', join(root, 'lock'));
  symlinkSync('../.bucketree', join(root, 'service'));
  symlinkSync('.', join(root, 'round'));
  symlinkSync('real', join(root, 'inside'));
  symlinkSync('nowhere', join(root, 'dangling'));
  const names = ['relative', 'absolute', 'directory', 'directory/', 'directory/secret', 'ours', 'ours/lock'];
  names.push('ours/bucket.json', 'lock', 'service', 'service/keys', 'round/real', 'round/round/real');
  names.push('inside', 'dangling', 'round/directory/secret');
  for (const key of names) {
    for (const method of ['GET', 'HEAD'] as const) {
      const answer = await client.ask(method, 'bucket', key);
      t.ok(refused(answer), `${method} ${key}: ${answer.status}`);
      t.notMatch(answer.text, SECRET);
    }
    const tagged = await client.tag('bucket', key, 'a', 'b');
    t.ok(refused(tagged), `tagging of ${key}: ${tagged.status}`);
    const copied = await client.copy('bucket', key, 'stolen');
    t.ok(refused(copied), `copy of ${key}: ${copied.status}`);
  }
  const listed = await client.list('bucket');
  t.same(
    listed.objects.map(({ key }) => key),
    ['real'],
    'only the real file is listed',
  );
  t.same((await client.list('bucket', { prefix: 'directory/' })).objects, []);
  t.same((await client.list('bucket', { delimiter: '/' })).prefixes, []);

  for (const key of names) {
    if (key.endsWith('/')) continue;
    const put = await client.put('bucket', key, `put at ${key}`);
    if (put.status === 200) {
      t.equal((await client.get('bucket', key)).text, `put at ${key}`, `${key} is kept under its name`);
      t.equal((await client.delete('bucket', key)).status, 204, `${key} is deleted`);
    } else {
      t.ok(refused(put), `PUT ${key}: ${put.status}`);
    }
  }
  await client.ask('POST', 'bucket', undefined, {
    query: { delete: '' },
    body: `<Delete>${names.map((key) => `<Object><Key>${key}</Key></Object>`).join('')}</Delete>`,
  });
  t.equal(readFileSync(join(outside, 'secret'), 'utf8'), SECRET, 'what is outside is as before');
  t.same(readdirSync(outside), ['secret'], 'nothing was made there');
  t.ok(existsSync(join(root, '.bucketree')), 'what is ours is as before');
  for (const link of ['relative', 'absolute', 'directory', 'ours', 'lock', 'service', 'round']) {
    if (existsSync(join(root, link)))
      t.ok(lstatSync(join(root, link)).isSymbolicLink(), `${link} is a link still`);
  }
  await goesOn(t, client);
});

t.test('following links, keys no path can express live and go as ever', async (t) => {
  const { store, root, outside } = place(t);
  const { client } = await serve(t, { store, flags: ['--follow-symlinks'] });
  symlinkSync(outside, join(root, 'out'));
  symlinkSync('.bucketree', join(root, 'ours'));
  mkdirSync(join(root, 'real'));
  writeFileSync(join(root, 'real/file'), 'real');
  symlinkSync('real', join(root, 'within'));
  t.equal((await client.get('bucket', 'within/file')).text, 'real', 'a link within the bucket is followed');
  for (const key of ['out/secret', 'ours/lock', '.bucketree/lock']) {
    t.ok(refused(await client.get('bucket', key)), `GET ${key}`);
  }
  t.equal((await client.put('bucket', 'a//b', 'x')).status, 200);
  t.equal((await client.get('bucket', 'a//b')).text, 'x');
  t.ok(
    (await client.list('bucket')).objects.some(({ key }) => key === 'a//b'),
    'listed',
  );
  t.equal((await client.delete('bucket', 'a//b')).status, 204);
  t.equal((await client.get('bucket', 'a//b')).status, 404);
  await goesOn(t, client);
});

t.test('keys that spell a way out are keys like others', async (t) => {
  const { store, root, outside } = place(t);
  mkdirSync(join(store, 'other'));
  writeFileSync(join(store, 'other/file'), SECRET);
  const { client } = await serve(t, { store });
  const keys = ['../other/file', '../../outside/secret', 'a/../../other/file', './real', 'a/./b', '..', '.'];
  keys.push('.bucketree', '.bucketree/', '.bucketree/lock', '.bucketree/bucket.json', '.bucketree/tmp/x');
  keys.push('a//b', '//etc/passwd', '/etc/passwd', 'x/.bucketree/lock', '....//....//outside/secret');
  keys.push('..\\..\\outside\\secret', 'nul\u0001byte', 'a'.repeat(300), `${'d/'.repeat(400)}deep`);
  for (const key of keys) {
    const before = await client.get('bucket', key);
    t.equal(before.status, 404, `${JSON.stringify(key.slice(0, 40))} is not there`);
  }
  for (const prefix of [
    '.bucketree',
    '.bucketree/',
    '.bucketree/t',
    '.bucketree/keys/',
    '../',
    '../other/',
  ]) {
    t.same((await client.list('bucket', { prefix })).objects, [], `nothing is listed under ${prefix}`);
  }
  for (const key of keys) {
    const body = `content of ${key}`;
    const put = await client.put('bucket', key, body);
    t.equal(put.status, 200, `${JSON.stringify(key.slice(0, 40))} can be put: ${put.code}`);
  }
  for (const key of keys) {
    t.equal((await client.get('bucket', key)).text, `content of ${key}`, 'it keeps its own content');
  }
  const listed = (await client.list('bucket')).objects.map(({ key }) => key);
  t.same(
    listed,
    [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    'all listed in order',
  );
  for (const key of keys) t.equal((await client.delete('bucket', key)).status, 204);
  t.same((await client.list('bucket')).objects, [], 'and all gone');
  t.equal(readFileSync(join(store, 'other/file'), 'utf8'), SECRET);
  t.equal(readFileSync(join(outside, 'secret'), 'utf8'), SECRET);
  t.same(
    readdirSync(root).filter((name) => name !== '.bucketree'),
    [],
    'nothing is left in the bucket',
  );
  const none = await client.get('bucket', 'nul\u0000byte');
  t.ok(none.status >= 400 && none.status < 500, `a NUL is refused: ${none.status}`);
  await goesOn(t, client);
});

t.test(
  'a directory swapped for a link during requests shows nothing of the other side',
  { skip: lacking(programNeeded('python3')), timeout: 0 },
  async (t) => {
    const { store, root, outside } = place(t);
    mkdirSync(join(root, 'swap'));
    writeFileSync(join(root, 'swap/secret'), 'the real one');
    symlinkSync(outside, join(root, 'link'));
    const { client } = await serve(t, { store });
    const script = [
      'import ctypes, select, sys',
      'libc = ctypes.CDLL(None, use_errno=True)',
      'a, b = sys.argv[1].encode(), sys.argv[2].encode()',
      'while not select.select([sys.stdin], [], [], 0)[0]:',
      '    libc.renameat2(-100, a, -100, b, 2)',
    ].join('\n');
    const swapper = spawn('python3', ['-c', script, join(root, 'swap'), join(root, 'link')], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    t.teardown(() => void swapper.kill('SIGKILL'));
    let real = 0;
    const wrong: string[] = [];
    const worker = async (number: number): Promise<void> => {
      for (let step = 0; step < SWAP_REQUESTS; step++) {
        const got = await client.get('bucket', 'swap/secret');
        if (got.text.includes(SECRET)) wrong.push('the secret was read');
        if (got.status === 200) real++;
        else if (!refused(got)) wrong.push(`GET ${got.status} ${got.text}`);
        const put = await client.put('bucket', `swap/new-${number}-${step}`, 'x');
        if (put.status >= 500 && put.status !== 503) wrong.push(`PUT ${put.status} ${put.text}`);
        if (step % 4 === 0) {
          const gone = await client.delete('bucket', 'link/secret');
          if (gone.status >= 500 && gone.status !== 503) wrong.push(`DELETE ${gone.status} ${gone.text}`);
          const { text } = await client.ask('GET', 'bucket', undefined, { query: { prefix: 'link/' } });
          if (text.includes('outside-only')) wrong.push('a name outside was listed');
        }
      }
    };
    writeFileSync(join(outside, 'outside-only'), SECRET);
    await Promise.all([worker(0), worker(1), worker(2), worker(3)]);
    const ended = once(swapper, 'exit');
    swapper.stdin.end();
    await ended;
    t.same([...new Set(wrong)], [], `${SWAP_REQUESTS * 4} requests, ${real} of them met the real file`);
    t.same(readdirSync(outside).sort(), ['outside-only', 'secret'], 'nothing was made or removed outside');
    t.equal(readFileSync(join(outside, 'secret'), 'utf8'), SECRET, 'and nothing was changed');
    await goesOn(t, client);
  },
);

t.test(
  'on a volume that folds case, no spelling reaches what is ours',
  { skip: lacking(volumeNeeded('exfat')) },
  async (t) => {
    const store = volume(t, 'exfat', { mebibytes: 32 });
    mkdirSync(join(store, 'bucket'));
    const { client } = await serve(t, { store });
    t.equal((await client.put('bucket', 'a.txt', 'lower')).status, 200);
    const ours = readdirSync(join(store, 'bucket/.bucketree')).sort();
    for (const key of ['.BUCKETREE/lock', '.Bucketree/bucket.json', '.BUCKETREE', '.bucketreE/tmp/x']) {
      t.ok(refused(await client.get('bucket', key)), `GET ${key}`);
      const put = await client.put('bucket', key, 'mine');
      t.ok(put.status === 200 || refused(put), `PUT ${key}: ${put.status}`);
      if (put.status === 200) t.equal((await client.get('bucket', key)).text, 'mine', 'kept as a key');
      t.ok([204, 403, 404].includes((await client.delete('bucket', key)).status), `DELETE ${key}`);
    }
    const after = readdirSync(join(store, 'bucket/.bucketree')).sort();
    t.same(
      after.filter((name) => !['keys', 'metadata', 'tmp', 'uploads', 'versions'].includes(name)),
      ours.filter((name) => !['keys', 'metadata', 'tmp', 'uploads', 'versions'].includes(name)),
      'what is ours is as before',
    );
    t.equal((await client.put('bucket', 'A.TXT', 'upper')).status, 200);
    t.equal((await client.get('bucket', 'a.txt')).text, 'lower', 'keys that differ in case are two objects');
    t.equal((await client.get('bucket', 'A.TXT')).text, 'upper');
    t.equal((await client.get('bucket', 'A.txt')).status, 404, 'and a third spelling is none');
    const keys = (await client.list('bucket')).objects.map(({ key }) => key);
    t.same(keys, ['A.TXT', 'a.txt']);
    t.equal((await client.delete('bucket', 'A.TXT')).status, 204);
    t.equal((await client.get('bucket', 'a.txt')).text, 'lower');
    await goesOn(t, client);
  },
);

t.test(
  'FIFOs, sockets and devices are no objects and are never opened',
  { skip: lacking(rootNeeded()) },
  async (t) => {
    const { store, root } = place(t);
    const { client } = await serve(t, { store });
    run('mkfifo', join(root, 'fifo'));
    run('mknod', join(root, 'zero'), 'c', '1', '5');
    run('mknod', join(root, 'block'), 'b', '7', '99');
    const listener = createServer().listen(join(root, 'socket'));
    t.teardown(() => void listener.close());
    await once(listener, 'listening');
    const keys = ['fifo', 'zero', 'block', 'socket'];
    for (const key of keys) {
      t.ok(refused(await client.get('bucket', key, { timeout: 5000 })), `GET ${key}`);
      t.ok(refused(await client.head('bucket', key, { timeout: 5000 })), `HEAD ${key}`);
      t.ok(refused(await client.copy('bucket', key, 'copied')), `copy of ${key}`);
    }
    t.same((await client.list('bucket')).objects, [], 'none is listed');
    for (const key of keys) {
      const put = await client.put('bucket', key, `put at ${key}`);
      t.ok(put.status === 200 || refused(put), `PUT ${key}: ${put.status}`);
      if (put.status === 200) {
        t.equal((await client.get('bucket', key)).text, `put at ${key}`);
        t.equal((await client.delete('bucket', key)).status, 204);
      }
      t.notOk(statSync(join(root, key)).isFile(), `${key} is what it was`);
    }
    await goesOn(t, client);
  },
);

t.test('names that are not UTF-8 are left alone', async (t) => {
  const { store, root } = place(t);
  writeFileSync(Buffer.concat([Buffer.from(join(root, 'bad')), Buffer.from([0xff, 0xfe])]), SECRET);
  mkdirSync(Buffer.concat([Buffer.from(join(root, 'dir')), Buffer.from([0xc3])]));
  writeFileSync(Buffer.concat([Buffer.from(join(root, 'dir')), Buffer.from([0xc3, 0x2f, 0x78])]), SECRET);
  writeFileSync(join(root, 'good é'), 'good');
  const server = await serve(t, { store });
  const { client } = server;
  const { objects } = await client.list('bucket');
  t.same(
    objects.map(({ key }) => key),
    ['good é'],
    'the others are listed',
  );
  t.equal((await client.get('bucket', 'good é')).text, 'good');
  for (const path of ['/bucket/bad%FF%FE', '/bucket/dir%C3/x', '/bucket/bad%EF%BF%BD%EF%BF%BD']) {
    const status = await rawStatus(server, path);
    t.ok(status >= 400 && status < 500, `GET ${path}: ${status}`);
  }
  await goesOn(t, client);
});

function rawStatus(server: Server, path: string): Promise<number> {
  const { host, port, accessKey, secretKey } = server;
  const headers = signedHeaders(
    { accessKey, secretKey, region: 'us-east-1' },
    { method: 'GET', host: `${host}:${port}`, path, payload: 'UNSIGNED-PAYLOAD' },
    new Date(),
  );
  return new Promise((resolve, reject) => {
    const asked = request({ host, port, path, headers, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on('error', reject);
    asked.end();
  });
}

const another = lacking(rootNeeded(), programNeeded('setpriv'));

t.test('files we may not read are listed, and answer 403', { skip: another }, async (t) => {
  const { store, root } = place(t);
  writeFileSync(join(root, 'closed'), SECRET);
  chmodSync(join(root, 'closed'), 0o600);
  mkdirSync(join(root, 'shut'));
  writeFileSync(join(root, 'shut/inside'), SECRET);
  chmodSync(join(root, 'shut'), 0o700);
  mkdirSync(join(root, 'fixed'));
  writeFileSync(join(root, 'fixed/file'), 'readable');
  for (const path of [store, root]) chownSync(path, 65534, 65534);
  const { client } = await serve(t, { store, under: NOBODY });
  t.equal((await client.get('bucket', 'closed')).status, 403, 'GET of what is not ours to read');
  t.ok(refused(await client.get('bucket', 'shut/inside')), 'GET below a directory that is shut');
  t.equal((await client.get('bucket', 'fixed/file')).text, 'readable', 'GET of what all may read');
  t.equal((await client.put('bucket', 'fixed/new', 'x')).status, 403, 'PUT where we may not write');
  t.equal((await client.delete('bucket', 'fixed/file')).status, 403, 'DELETE where we may not write');
  const keys = (await client.list('bucket')).objects.map(({ key }) => key);
  t.ok(keys.includes('closed'), 'the closed file is listed');
  t.ok(keys.includes('fixed/file'), 'the others too');
  t.equal(readFileSync(join(root, 'fixed/file'), 'utf8'), 'readable');
  await goesOn(t, client);
});

t.test(
  "another owner's files are served without the right to ask who writes",
  { skip: another },
  async (t) => {
    const { store, root } = place(t);
    const body = Buffer.alloc(4 << 20, 'of another owner ');
    writeFileSync(join(root, 'theirs'), body);
    writeFileSync(join(root, 'small'), 'theirs');
    for (const path of [store, root]) chownSync(path, 65534, 65534);
    const { client } = await serve(t, { store, under: NOBODY });
    const got = await client.get('bucket', 'theirs');
    t.equal(got.status, 200);
    t.ok(got.body.equals(body), 'whole');
    t.equal((await client.get('bucket', 'small')).text, 'theirs');
    writeFileSync(join(root, 'small'), 'edited');
    t.equal((await client.get('bucket', 'small')).text, 'edited', 'an edit shows when its writer has closed');
    const put = await client.put('bucket', 'small', 'replaced');
    t.equal(put.status, 200, 'PUT over it, the directory being ours');
    t.equal((await client.get('bucket', 'small')).text, 'replaced');
    await goesOn(t, client);
  },
);

t.test('hard links to a file outside are split off, never written through', async (t) => {
  const { store, root, outside } = place(t);
  for (const name of ['put', 'tag', 'meta', 'append', 'delete']) {
    writeFileSync(join(outside, name), SECRET);
    linkSync(join(outside, name), join(root, name));
  }
  const { client } = await serve(t, { store });
  t.equal((await client.put('bucket', 'put', 'new')).status, 200);
  t.equal((await client.tag('bucket', 'tag', 'a', 'b')).status, 200);
  const replaced = await client.ask('PUT', 'bucket', 'meta', {
    headers: {
      'x-amz-copy-source': '/bucket/meta',
      'x-amz-metadata-directive': 'REPLACE',
      'x-amz-meta-a': 'b',
    },
  });
  t.equal(replaced.status, 200);
  const appended = await client.put('bucket', 'append', 'more', {
    'x-amz-write-offset-bytes': String(SECRET.length),
  });
  t.ok(appended.status === 200 || appended.status === 501, `append: ${appended.status}`);
  t.equal((await client.delete('bucket', 'delete')).status, 204);
  for (const name of ['put', 'tag', 'meta', 'append', 'delete']) {
    t.equal(readFileSync(join(outside, name), 'utf8'), SECRET, `${name}: the other name keeps its content`);
    t.equal(statSync(join(outside, name)).nlink, 1, `${name}: it is split off`);
  }
  if (programNeeded('getfattr') === undefined) {
    t.equal(
      run('getfattr', '-d', '--absolute-names', join(outside, 'tag')),
      '',
      'and has no attribute of ours',
    );
  }
  t.equal((await client.get('bucket', 'tag')).text, SECRET);
  await goesOn(t, client);
});
