/**
 * Disks that are full, over quota, read-only or broken, and a process out of descriptors: the S3 error that
 * says so, nothing lost, and the service goes on.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect, type Socket } from 'node:net';
import { basename, join } from 'node:path';
import t from 'tap';
import type { Client } from './client.js';
import {
  directory,
  find,
  lacking,
  programNeeded,
  rootNeeded,
  run,
  volume,
  volumeNeeded,
  type Scope,
} from './disk.js';
import { serve } from './server.js';

const BIG = Buffer.alloc(4 << 20, 'big ');

async function goesOn(
  t: { equal(a: unknown, b: unknown, words: string): void },
  client: Client,
): Promise<void> {
  t.equal((await client.put('bucket', 'after', 'yes')).status, 200, 'the service goes on');
  t.equal((await client.get('bucket', 'after')).text, 'yes', 'and answers');
}

function temporaries(root: string): string[] {
  const path = join(root, '.bucketree/tmp');
  return existsSync(path) ? readdirSync(path) : [];
}

t.test('a full disk is 507 and loses nothing', { skip: lacking(volumeNeeded('ext4')) }, async (t) => {
  const store = volume(t, 'ext4', { mebibytes: 24, make: ['-m', '0'] });
  const root = join(store, 'bucket');
  mkdirSync(root);
  const { client } = await serve(t, { store, durability: 'full' });
  t.equal((await client.put('bucket', 'kept', 'kept')).status, 200);
  const kept: string[] = [];
  let status = 0;
  for (let number = 0; number < 20; number++) {
    const put = await client.put('bucket', `fill/${number}`, BIG);
    status = put.status;
    if (status !== 200) break;
    kept.push(`fill/${number}`);
  }
  t.equal(status, 507, 'a PUT that does not fit');
  t.equal(
    (await client.put('bucket', kept[0] ?? '', Buffer.alloc(5 << 20, 'x'))).status,
    507,
    'over an object',
  );
  const id = await client.createUpload('bucket', 'large').catch(() => '');
  if (id !== '') t.equal((await client.putPart('bucket', 'large', id, 1, BIG)).status, 507, 'a part');
  t.equal((await client.copy('bucket', kept[0] ?? '', 'copied')).status, 507, 'a copy');
  writeFileSync(join(root, 'filler'), '');
  for (;;) {
    try {
      writeFileSync(join(root, 'filler'), Buffer.alloc(4096), { flag: 'a' });
    } catch {
      break;
    }
  }
  const small = await client.put('bucket', 'kept', Buffer.alloc(100_000, 'n'));
  t.equal(small.status, 507, 'a small object over another on a disk with no block left');
  t.equal((await client.get('bucket', 'kept')).text, 'kept', 'which is as before');
  for (const key of kept) t.ok((await client.get('bucket', key)).body.equals(BIG), `${key} is whole`);
  t.equal((await client.get('bucket', 'copied')).status, 404, 'nothing half made is there');
  t.same(temporaries(root), [], 'and nothing temporary');
  rmSync(join(root, 'filler'));
  for (const key of kept) t.equal((await client.delete('bucket', key)).status, 204, 'deleting makes room');
  await goesOn(t, client);
});

t.test('a disk out of inodes is 507', { skip: lacking(volumeNeeded('ext4')) }, async (t) => {
  const store = volume(t, 'ext4', { mebibytes: 24, make: ['-m', '0', '-N', '64'] });
  mkdirSync(join(store, 'bucket'));
  const { client } = await serve(t, { store });
  const kept: string[] = [];
  let status = 0;
  for (let number = 0; number < 100; number++) {
    const key = `${number % 2 === 0 ? 'flat' : `deep/${number}/x`}${number}`;
    status = (await client.put('bucket', key, key)).status;
    if (status !== 200) break;
    kept.push(key);
  }
  t.equal(status, 507);
  for (const key of kept) t.equal((await client.get('bucket', key)).text, key);
  const keys = (await client.list('bucket')).objects.map(({ key }) => key);
  t.same(keys, [...kept].sort(), 'exactly what was acknowledged is listed');
  for (const key of kept) t.equal((await client.delete('bucket', key)).status, 204);
  await goesOn(t, client);
});

t.test('over quota is 403 QuotaExceeded', { skip: lacking(volumeNeeded('btrfs')) }, async (t) => {
  const store = volume(t, 'btrfs', { mebibytes: 256 });
  mkdirSync(join(store, 'bucket'));
  run(find('btrfs') ?? '', 'quota', 'enable', store);
  run(find('btrfs') ?? '', 'qgroup', 'limit', '24M', store);
  const { client } = await serve(t, { store, durability: 'full' });
  t.equal((await client.put('bucket', 'kept', 'kept')).status, 200);
  let answer = await client.put('bucket', 'fill/0', BIG);
  for (let number = 1; number < 20 && answer.status === 200; number++) {
    answer = await client.put('bucket', `fill/${number}`, BIG);
  }
  t.equal(answer.status, 403, answer.text);
  t.equal(answer.code, 'QuotaExceeded');
  t.equal((await client.get('bucket', 'kept')).text, 'kept');
  run(find('btrfs') ?? '', 'qgroup', 'limit', 'none', store);
  await goesOn(t, client);
});

t.test(
  'a disk that turned read-only is 403, and is read on',
  { skip: lacking(volumeNeeded('ext4')) },
  async (t) => {
    const store = volume(t, 'ext4', { mebibytes: 24, mount: 'errors=remount-ro' });
    mkdirSync(join(store, 'bucket'));
    writeFileSync(join(store, 'bucket/foreign'), 'foreign');
    const { client } = await serve(t, { store });
    t.equal((await client.put('bucket', 'kept', 'kept')).status, 200);
    run('sync', '-f', store);
    const device = basename(run('findmnt', '-n', '-o', 'SOURCE', store).trim());
    writeFileSync(`/sys/fs/ext4/${device}/trigger_fs_error`, '1');
    t.equal((await client.put('bucket', 'new', 'new')).status, 403, 'PUT');
    t.equal((await client.put('bucket', 'kept', 'new')).status, 403, 'PUT over an object');
    t.equal((await client.delete('bucket', 'kept')).status, 403, 'DELETE');
    t.equal((await client.tag('bucket', 'kept', 'a', 'b')).status, 403, 'tagging');
    t.equal((await client.get('bucket', 'kept')).text, 'kept', 'GET');
    t.equal((await client.get('bucket', 'foreign')).text, 'foreign');
    const keys = (await client.list('bucket')).objects.map(({ key }) => key);
    t.same(keys, ['foreign', 'kept'], 'LIST');
  },
);

t.test(
  'a disk that was read-only from the start is served',
  { skip: lacking(volumeNeeded('ext4')) },
  async (t) => {
    const store = volume(t, 'ext4', { mebibytes: 24 });
    mkdirSync(join(store, 'bucket/d'), { recursive: true });
    writeFileSync(join(store, 'bucket/d/file'), 'content');
    run('mount', '-o', 'remount,ro', store);
    const { client } = await serve(t, { store, flags: ['--read-only'] });
    t.equal((await client.get('bucket', 'd/file')).text, 'content');
    t.same(
      (await client.list('bucket')).objects.map(({ key }) => key),
      ['d/file'],
    );
    t.equal((await client.put('bucket', 'new', 'x')).status, 403);
    t.equal((await client.delete('bucket', 'd/file')).status, 403);
  },
);

t.test('read-only serving writes nothing at all', async (t) => {
  const store = directory(t);
  mkdirSync(join(store, 'bucket'));
  writeFileSync(join(store, 'bucket/file'), 'content');
  const tree = (): string => run('find', store, '-printf', '%p %T@ %C@ %s\n');
  const before = tree();
  const { client } = await serve(t, { store, flags: ['--read-only'] });
  t.equal((await client.get('bucket', 'file')).text, 'content');
  t.equal((await client.put('bucket', 'new', 'x')).status, 403);
  t.equal((await client.delete('bucket', 'file')).status, 403);
  t.equal((await client.tag('bucket', 'file', 'a', 'b')).status, 403);
  t.equal((await client.makeBucket('second')).status, 403);
  t.equal(tree(), before);
});

const another = lacking(rootNeeded(), programNeeded('setpriv'));
t.test('a directory that is not ours to write is 403', { skip: another }, async (t) => {
  const store = directory(t);
  const root = join(store, 'bucket');
  mkdirSync(join(root, 'theirs'), { recursive: true });
  writeFileSync(join(root, 'theirs/file'), 'theirs');
  for (const path of [store, root]) chownSync(path, 65534, 65534);
  chmodSync(join(root, 'theirs'), 0o755);
  const under = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all'];
  const { client } = await serve(t, { store, under });
  for (const key of ['theirs/new', 'theirs/deep/new', 'theirs/file']) {
    const put = await client.put('bucket', key, 'x');
    t.equal(put.status, 403, `PUT ${key}`);
    t.equal(put.code, 'AccessDenied');
  }
  t.equal((await client.delete('bucket', 'theirs/file')).status, 403);
  t.equal(readFileSync(join(root, 'theirs/file'), 'utf8'), 'theirs');
  t.same(temporaries(root), []);
  await goesOn(t, client);
});

t.test(
  'a process out of descriptors is 503 SlowDown for a while',
  { skip: lacking(programNeeded('prlimit')) },
  async (t) => {
    const store = directory(t);
    const root = join(store, 'bucket');
    mkdirSync(root);
    for (let number = 0; number < 40; number++) writeFileSync(join(root, `f${number}`), BIG);
    const server = await serve(t, { store });
    const { client } = server;
    // Connections first, so that descriptors are wanted for files alone.
    const warm = await Promise.all(
      Array.from({ length: 40 }, (_, number) => client.get('bucket', `f${number}`)),
    );
    t.ok(warm.every(({ status }) => status === 200));
    const used = new Set(readdirSync(`/proc/${server.pid}/fd`).map(Number));
    let limit = 0;
    for (let free = 0; free < 4; limit++) if (!used.has(limit)) free++;
    run('prlimit', '--pid', String(server.pid), `--nofile=${limit}:`);
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, number) => client.put('bucket', `n${number}`, BIG)),
    );
    const statuses = [...new Set(answers.map(({ status }) => status))].sort();
    t.ok(
      statuses.every((status) => [200, 503, 0].includes(status)),
      `answered ${statuses.join(' ')}`,
    );
    const slow = answers.filter(({ status }) => status === 503);
    t.ok(slow.length > 0, 'some were put off');
    t.ok(slow.every(({ code }) => code === 'SlowDown'));
    run('prlimit', '--pid', String(server.pid), '--nofile=4096:');
    for (const [number, { status }] of answers.entries()) {
      const got = await client.get('bucket', `n${number}`);
      if (status === 200) t.ok(got.body.equals(BIG), `n${number} was acknowledged and is whole`);
      else
        t.ok(
          got.status === 404 || (status === 0 && got.body.equals(BIG)),
          `n${number} was not and is not there`,
        );
    }
    t.same(temporaries(root), []);
    await goesOn(t, client);
  },
);

interface BrokenDisk {
  readonly device: string;
  breakIt(): void;
  mend(): void;
}

/** A block device that fails every read and write while it is broken. */
async function brokenDisk(scope: Scope, mebibytes: number): Promise<BrokenDisk> {
  const base = directory(scope);
  const image = join(base, 'image');
  const trigger = join(base, 'trigger');
  const socket = join(base, 'socket');
  const exported = join(base, 'export');
  run('truncate', '-s', `${mebibytes}M`, image);
  writeFileSync(exported, '');
  const nbdkit = spawn(
    find('nbdkit') ?? '',
    [
      '-f',
      '-U',
      socket,
      '--filter=error',
      'file',
      image,
      'error=EIO',
      'error-rate=100%',
      `error-file=${trigger}`,
    ],
    { stdio: 'ignore' },
  );
  scope.teardown(() => void nbdkit.kill('SIGKILL'));
  await until(() => existsSync(socket));
  const fuse = spawn(find('nbdfuse') ?? '', [exported, '--unix', socket], { stdio: 'ignore' });
  scope.teardown(async () => {
    run('umount', '-l', exported);
    if (fuse.exitCode === null) {
      fuse.kill('SIGTERM');
      await once(fuse, 'exit');
    }
  });
  await until(
    () =>
      run('stat', '-f', '-c', '%T', exported).trim() === 'fuseblk' ||
      run('stat', '-c', '%s', exported).trim() !== '0',
  );
  const device = run('losetup', '-f', '--show', exported).trim();
  scope.teardown(() => void run('losetup', '-d', device));
  return {
    device,
    breakIt: () => writeFileSync(trigger, ''),
    mend: () => rmSync(trigger, { force: true }),
  };
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('it did not come to hold within 5 s');
}

const broken = lacking(volumeNeeded('ext4'), programNeeded('nbdkit'), programNeeded('nbdfuse'));
t.test('a disk that fails is 500, never a success', { skip: broken, timeout: 120_000 }, async (t) => {
  const disk = await brokenDisk(t, 64);
  t.teardown(() => disk.mend());
  const store = volume(t, 'ext4', {
    device: disk.device,
    mount: 'errors=continue',
    make: ['-O', '^has_journal'],
  });
  mkdirSync(join(store, 'bucket'));
  writeFileSync(join(store, 'bucket/cold'), BIG);
  const { client } = await serve(t, { store, durability: 'full' });
  t.equal((await client.put('bucket', 'kept', 'kept')).status, 200);
  t.equal((await client.put('bucket', 'other', BIG)).status, 200);
  run('sync', '-f', store);
  writeFileSync('/proc/sys/vm/drop_caches', '3');
  t.equal((await client.get('bucket', 'kept')).text, 'kept', 'read while the disk is well');
  disk.breakIt();
  const put = await client.put('bucket', 'new', BIG);
  t.equal(put.status, 500, `PUT: ${put.text}`);
  const over = await client.put('bucket', 'kept', 'changed');
  t.equal(over.status, 500, 'PUT over an object');
  const cold = await client.get('bucket', 'cold');
  t.ok(cold.status === 500 || cold.cut, `GET of what cannot be read: ${cold.status}`);
  disk.mend();
  t.equal((await client.get('bucket', 'kept')).text, 'kept', 'what was there is as before');
  t.equal((await client.get('bucket', 'new')).status, 404, 'what failed is not there');
  t.ok((await client.get('bucket', 'other')).body.equals(BIG), 'the rest is whole');
  t.ok((await client.get('bucket', 'cold')).body.equals(BIG), 'and readable again');
  // The kernel still owes whoever syncs first a report of each page it could not write.
  let after = 0;
  for (let tries = 0; tries < 50 && after !== 200; tries++) {
    if (tries > 0) await new Promise((resolve) => setTimeout(resolve, 200));
    after = (await client.put('bucket', 'after', 'yes')).status;
  }
  t.equal(after, 200, 'the service goes on');
  t.equal((await client.get('bucket', 'after')).text, 'yes', 'and answers');
});

const fiu = lacking(programNeeded('fiu-run'));
t.test('a sync that fails is 500, is not tried again, and publishes nothing', { skip: fiu }, async (t) => {
  const store = directory(t);
  mkdirSync(join(store, 'bucket'));
  const under = [
    find('fiu-run') ?? '',
    '-x',
    '-c',
    'enable_random name=posix/io/sync/*,probability=0.3,failinfo=5',
  ];
  const { client } = await serve(t, { store, durability: 'full', under });
  const statuses = new Map<number, number>();
  for (let number = 0; number < 60; number++) {
    const { status } = await client.put('bucket', `k${number}`, `content ${number}`);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    const got = await client.get('bucket', `k${number}`);
    // A directory's sync may fail after the rename: 500 then, and nothing is rolled back.
    if (status === 200) t.equal(got.text, `content ${number}`);
    else t.ok(got.status === 404 || got.text === `content ${number}`, 'nothing half made is there');
  }
  t.same([...statuses.keys()].sort(), [200, 500], 'some succeed, some fail');
  t.same(temporaries(join(store, 'bucket')), []);
});

t.test('a client that leaves in the middle of its PUT leaves nothing behind', async (t) => {
  const store = directory(t);
  const root = join(store, 'bucket');
  mkdirSync(root);
  const server = await serve(t, { store });
  const { client } = server;
  t.equal((await client.put('bucket', 'key', 'old')).status, 200);
  const sockets: Socket[] = [];
  for (let number = 0; number < 10; number++) {
    const { signedHeaders } = await import('../../bench/sign.js');
    const host = `${server.host}:${server.port}`;
    const headers = signedHeaders(
      { accessKey: server.accessKey, secretKey: server.secretKey, region: 'us-east-1' },
      { method: 'PUT', host, path: '/bucket/key', payload: 'UNSIGNED-PAYLOAD' },
      new Date(),
    );
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const socket = connect(server.port, server.host);
    socket.on('error', () => undefined);
    socket.write(`PUT /bucket/key HTTP/1.1\r\n${lines.join('')}content-length: 10000000\r\n\r\n`);
    socket.write(Buffer.alloc(1_000_000));
    sockets.push(socket);
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  for (const socket of sockets) socket.destroy();
  await until(() => !server.open.some((path) => path.endsWith('(deleted)')));
  t.equal((await client.get('bucket', 'key')).text, 'old');
  t.same(temporaries(root), []);
  await goesOn(t, client);
});
