/**
 * Disks that are full, over quota, read-only, broken or gone, trees and numbers beyond what is usual, renames against
 * PUTs, and a mount that is to go while somebody is in it: whoever works in the mount is told the truth by errno(3),
 * nobody waits for ever, and the server goes on.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import {
  count,
  directory,
  find,
  lacking,
  programNeeded,
  run,
  volume,
  volumeNeeded,
  type Scope,
} from '../system/disk.js';
import { MAIN } from '../system/server.js';
import { MODES, abort, mounted, mountNeeded, within, type Mounted } from './mounted.js';

const PROGRAM = fileURLToPath(new URL('../../../test/mount/bad-days.py', import.meta.url));
const FILES = count('TEST_MOUNT_OPEN_FILES', 10_000);
const NAMES = count('TEST_MOUNT_NAMES', 25_000);
const STORM = count('TEST_MOUNT_STORM', 150);
const MINUTES = 4 * 60_000;

type Told = Readonly<Record<string, unknown>>;

/** What bad-days.py tells of an action of its. @throws Error with its output when it fails */
async function does(mount: Pick<Mounted, 'at'>, ...words: readonly (string | number)[]): Promise<Told> {
  const ran = await within(mount, ['python3', PROGRAM, ...words.map(String)], { milliseconds: MINUTES });
  if (ran.code !== 0) throw new Error(`${words.join(' ')}: ${ran.code} ${ran.output}`);
  return JSON.parse(ran.output) as Told;
}

interface Busy {
  /** The first line it says. */
  readonly first: Told;
  /** Lets it go on: the last line. */
  goOn(): Promise<Told>;
}

/** One that says something, waits until it may go on, and says the rest. */
async function waiting(scope: Scope, { at }: Mounted, ...words: readonly string[]): Promise<Busy> {
  const child = spawn('python3', [PROGRAM, ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
  const deadline = setTimeout(() => abort(at), MINUTES);
  scope.teardown(() => {
    clearTimeout(deadline);
    child.kill('SIGKILL');
  });
  const lines = createInterface(child.stdout);
  const next = async (): Promise<Told> => {
    const [line] = (await Promise.race([
      once(lines, 'line'),
      once(child, 'exit').then(() => ['{}']),
    ])) as string[];
    return JSON.parse(line ?? '{}') as Told;
  };
  const first = await next();
  const goOn = (): Promise<Told> => {
    child.stdin.write('\n');
    return next();
  };
  return { first, goOn };
}

interface Asserts {
  equal(found: unknown, wanted: unknown, message?: string): boolean;
}

/** Both sides work. */
async function isWell(t: Asserts, mount: Mounted, bucket: string): Promise<void> {
  const { client } = mount.server;
  t.equal((await client.put(bucket, 'well', 'over HTTP')).status, 200, 'PUT goes on');
  const read = await within(mount, ['cat', join(mount.at, bucket, 'well')]);
  t.equal(read.output, 'over HTTP', 'the mount goes on');
}

const skip = lacking(mountNeeded(), programNeeded('python3'));
const options = { skip, timeout: 0 };
const onVolume = { skip: lacking(mountNeeded(), programNeeded('python3'), volumeNeeded('ext4')), timeout: 0 };

for (const mode of MODES) {
  t.test(`${mode}: a full disk is ENOSPC, and what was written before is there`, onVolume, async (t) => {
    const store = volume(t, 'ext4', { mebibytes: 24 });
    mkdirSync(join(store, 'full'));
    writeFileSync(join(store, 'full/ballast'), Buffer.alloc(2 << 20, 'x'));
    const mount = await mounted(t, { mode, store });
    const at = join(mount.at, 'full');
    const { blocks, errno } = await does(mount, 'fill', join(at, 'big'));
    t.equal(errno, 'ENOSPC');
    t.ok(Number(blocks) > 50, `${Number(blocks)} blocks were written`);
    t.equal(await does(mount, 'intact', join(at, 'big'), Number(blocks)), true, 'in the mount');
    t.equal(
      await does({ at: mount.at }, 'intact', join(store, 'full/big'), Number(blocks)),
      true,
      'on the disk',
    );
    const { client } = mount.server;
    t.equal((await client.head('full', 'big')).status, 200, 'over HTTP');
    t.equal((await client.put('full', 'more', Buffer.alloc(1 << 20))).status, 507, 'a PUT is refused');
    t.equal((await within(mount, ['rm', join(at, 'ballast')])).code, 0);
    t.same(await does(mount, 'changes', at).then(({ create, mkdir }) => [create, mkdir]), ['done', 'done']);
    await isWell(t, mount, 'full');
  });
}

t.test('a disk without inodes is ENOSPC', onVolume, async (t) => {
  const store = volume(t, 'ext4', { mebibytes: 24, make: ['-N', '64'] });
  mkdirSync(join(store, 'full'));
  const mount = await mounted(t, { store });
  const at = join(mount.at, 'full');
  const told = await does(mount, 'hold', at, 200);
  t.equal(told['ended'], 'ENOSPC');
  t.equal(told['right'], told['open']);
  t.equal((await within(mount, ['mkdir', join(mount.at, 'bucket-new')])).code, 1, 'no bucket either');
  t.equal((await within(mount, ['bash', '-c', `rm ${at}/1*`])).code, 0);
  await isWell(t, mount, 'full');
});

t.test(
  'over quota is EDQUOT',
  { skip: lacking(mountNeeded(), programNeeded('python3'), volumeNeeded('btrfs')), timeout: 0 },
  async (t) => {
    const store = volume(t, 'btrfs', { mebibytes: 256 });
    mkdirSync(join(store, 'quota'));
    run(find('btrfs') ?? '', 'quota', 'enable', store);
    run(find('btrfs') ?? '', 'qgroup', 'limit', '16M', store);
    const mount = await mounted(t, { store });
    const at = join(mount.at, 'quota');
    const { blocks, errno } = await does(mount, 'fill', join(at, 'big'));
    t.equal(errno, 'EDQUOT');
    t.equal(await does(mount, 'intact', join(at, 'big'), Number(blocks)), true);
    run(find('btrfs') ?? '', 'qgroup', 'limit', 'none', store);
    await isWell(t, mount, 'quota');
  },
);

for (const mode of MODES) {
  t.test(
    `${mode}: a disk that turned read-only is EROFS for every change, and is read on`,
    onVolume,
    async (t) => {
      const store = volume(t, 'ext4', { mebibytes: 24, mount: 'errors=remount-ro' });
      mkdirSync(join(store, 'bucket/directory'), { recursive: true });
      writeFileSync(join(store, 'bucket/file'), 'content');
      const mount = await mounted(t, { mode, store });
      const at = join(mount.at, 'bucket');
      t.equal((await within(mount, ['cat', join(at, 'file')])).output, 'content');
      run('sync', '-f', store);
      const device = basename(run('findmnt', '-n', '-o', 'SOURCE', '--mountpoint', store).trim());
      writeFileSync(`/sys/fs/ext4/${device}/trigger_fs_error`, '1');
      const told = await does(mount, 'changes', at);
      for (const [change, outcome] of Object.entries(told)) t.equal(outcome, 'EROFS', change);
      const read = await within(mount, ['bash', '-c', `cat ${at}/file; echo; ls ${at}; ls ${mount.at}`]);
      t.equal(read.output, 'content\ndirectory\nfile\nbucket\n');
      t.equal((await mount.server.client.get('bucket', 'file')).text, 'content', 'GET');
    },
  );

  t.test(`${mode}: a disk that cannot be read is EIO`, onVolume, async (t) => {
    const store = volume(t, 'ext4', { mebibytes: 32 });
    mkdirSync(join(store, 'broken'));
    writeFileSync(join(store, 'broken/small'), 'content');
    writeFileSync(join(store, 'broken/big'), Buffer.alloc(20 << 20, 'content '));
    run('sync', '-f', store);
    const mount = await mounted(t, { mode, store });
    const at = join(mount.at, 'broken');
    // The device ends where the image does. What was read before is not asked for again.
    run('dd', `of=${join(store, 'broken/big')}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0');
    truncateSync(join(dirname(store), 'image'), 8 << 20);
    const { code, output } = await within(mount, ['bash', '-c', `cat ${at}/big | wc -c`]);
    t.match(output, /Input\/output error/);
    t.equal(code, 0);
    const got = await mount.server.client.get('broken', 'big');
    t.ok(got.cut || got.status === 500, 'a GET is cut or refused');
    const other = await within(mount, ['cat', join(at, 'small')]);
    t.equal(other.output, 'content', 'what can be read is');
  });

  t.test(`${mode}: ${FILES} files are open at once`, options, async (t) => {
    const mount = await mounted(t, { mode });
    mkdirSync(join(mount.store, 'open'));
    const told = await does(mount, 'hold', join(mount.at, 'open'), FILES);
    t.same(told, { ended: 'done', open: FILES, right: FILES, again: FILES });
    await isWell(t, mount, 'open');
    const left = mount.server.open.filter((path) => /\/open\/\d+$/.test(path));
    t.same(left, [], 'none is open when all are closed');
  });
}

t.test('a server out of descriptors says ENFILE, and goes on', options, async (t) => {
  const mount = await mounted(t, { under: ['prlimit', '--nofile=256:256'] });
  mkdirSync(join(mount.store, 'open'));
  const told = await does(mount, 'hold', join(mount.at, 'open'), 1000);
  t.equal(told['ended'], 'ENFILE');
  t.equal(told['right'], told['open'], 'what was open worked');
  await isWell(t, mount, 'open');
});

t.test('names of 255 bytes, in any script and in none', options, async (t) => {
  const mount = await mounted(t);
  mkdirSync(join(mount.store, 'names'));
  const told = await does(mount, 'long_names', join(mount.at, 'names'));
  const refused = 'ENAMETOOLONG';
  t.same(told, { create: refused, lookup: refused, mkdir: refused, rename: refused, symlink: refused });
  for (const name of ['a'.repeat(255), `${'ä'.repeat(127)}z`, '日'.repeat(85)]) {
    t.equal((await mount.server.client.get('names', name)).text, 'written', `${name.slice(0, 3)}… over HTTP`);
  }
});

t.test(`a directory of ${NAMES} names`, options, async (t) => {
  const mount = await mounted(t);
  mkdirSync(join(mount.store, 'many'));
  run(
    'python3',
    '-c',
    `import os, sys
os.chdir(sys.argv[1])
for number in range(int(sys.argv[2])): os.close(os.open(f'file-{number}', os.O_CREAT | os.O_WRONLY))`,
    join(mount.store, 'many'),
    String(NAMES),
  );
  const { removing, ...told } = await does(mount, 'many', join(mount.at, 'many'), NAMES);
  t.same(told, {
    names: NAMES,
    distinct: NAMES,
    all: true,
    files: NAMES,
    created: 200,
    left: NAMES - 200,
    gone: 'ENOENT',
    there: 'done',
  });
  t.same(removing, [NAMES - 200, NAMES - 200], 'removed while it is listed');
  t.equal(readdirSync(join(mount.store, 'many')).length, NAMES - 200 - Math.ceil((NAMES - 200) / 100));
});

t.test('a tree deeper than a path can say', options, async (t) => {
  const mount = await mounted(t);
  mkdirSync(join(mount.store, 'deep'));
  writeFileSync(join(mount.store, 'deep/beside'), 'beside');
  const { first, goOn } = await waiting(t, mount, 'deep', join(mount.at, 'deep'), '60');
  t.same(first, {
    read: 'written',
    xattr: 'blue',
    list: ['sibling'],
    path: 'ENAMETOOLONG',
    moved: ['sibling'],
    after: 'written',
  });
  const { objects } = await mount.server.client.list('deep');
  t.ok(
    objects.some(({ key }) => key === 'beside'),
    'the bucket is listed',
  );
  t.same(await goOn(), { left: ['beside'] });
});

for (const mode of MODES) {
  t.test(`${mode}: renames against PUTs in one directory lose nothing`, options, async (t) => {
    const mount = await mounted(t, { mode });
    const { client } = mount.server;
    mkdirSync(join(mount.store, 'storm/d'), { recursive: true });
    const storming = ['a', 'b'].map((who) => does(mount, 'storm', join(mount.at, 'storm/d'), who));
    const refused: string[] = [];
    const put = async (key: string, body: string): Promise<void> => {
      const answer = await client.put('storm', `d/${key}`, body, { 'x-amz-meta-put': key });
      if (answer.status !== 200) refused.push(`${key}: ${answer.status} ${answer.code ?? ''}`);
    };
    let number = 0;
    const putter = async (): Promise<void> => {
      while (number < STORM) {
        const mine = number++;
        await put(`put${mine}`, `body ${mine}`);
        await put(`hot${mine % 3}`, `hot ${mine}`);
      }
    };
    await Promise.all([putter(), putter(), putter(), putter()]);
    writeFileSync(join(mount.store, 'storm/d/stop'), '');
    let renamed = 0;
    for (const told of await Promise.all(storming)) {
      const { errors } = told as { readonly errors: Readonly<Record<string, number>> };
      renamed += Number(told['renamed']);
      t.same(
        Object.keys(errors).filter((name) => name !== 'ENOENT'),
        [],
        `errors of renames: ${JSON.stringify(errors)}`,
      );
    }
    t.comment(`${renamed} renames against ${STORM * 2} PUTs`);
    t.ok(renamed > 0);
    t.same(refused, [], 'every PUT is taken');
    const wanted = Array.from({ length: STORM }, (_, mine) => `body ${mine}`).sort();
    const on = (path: string): string[] => readdirSync(path).filter((name) => name.startsWith('put'));
    const names = on(join(mount.store, 'storm/d'));
    const bodies = names.map((name) => readFileSync(join(mount.store, 'storm/d', name), 'utf8'));
    t.same(bodies.sort(), wanted, 'each is there once, under one name');
    const { objects } = await client.list('storm', { prefix: 'd/put' });
    t.same(
      objects.map(({ key }) => key.slice(2)),
      [...names].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other))),
      'and is listed',
    );
    const seen = await within(mount, ['bash', '-c', `cd ${mount.at}/storm/d; ls | grep -c ^put`]);
    t.equal(seen.output.trim(), String(STORM), 'and in the mount');
    const own = join(mount.store, 'storm/.bucketree/tmp');
    t.same(isThere(own) ? readdirSync(own) : [], [], 'nothing of ours is left');
  });
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function isMounted(at: string): boolean {
  return readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${at} `);
}

t.test('a mount in use is unmounted only when that is meant', options, async (t) => {
  const mount = await mounted(t);
  mkdirSync(join(mount.store, 'used'));
  const { first, goOn } = await waiting(t, mount, 'busy', join(mount.at, 'used'));
  const umount = (...words: readonly string[]): ReturnType<typeof within> =>
    within(mount, [process.execPath, MAIN, 'umount', ...words, mount.at]);
  const refused = await umount();
  t.equal(refused.code, 1);
  t.match(refused.output, /is in use/);
  t.match(refused.output, new RegExp(`\\b${String(first['pid'])}\\b`), 'by whom is said');
  t.ok(isMounted(mount.at));
  t.same(await umount('--lazy'), { code: 0, output: '' });
  t.notOk(isMounted(mount.at));
  t.equal((await within(mount, ['ls', mount.at])).output, '', 'nothing is there');
  t.same(await goOn(), { write: 'done', close: 'done' }, 'who has it open goes on');
  t.equal(readFileSync(join(mount.store, 'used/busy'), 'utf8'), 'before after');
  t.equal((await mount.server.client.get('used', 'busy')).text, 'before after', 'HTTP goes on');
  t.equal(await mount.server.stop(), 0);
});

for (const mode of MODES) {
  t.test(`${mode}: a server told to stop while a file is open ends`, options, async (t) => {
    const mount = await mounted(t, { mode });
    mkdirSync(join(mount.store, 'used'));
    const { goOn } = await waiting(t, mount, 'busy', join(mount.at, 'used'));
    t.equal(await mount.server.stop(), 0);
    t.notOk(isMounted(mount.at));
    const { write } = await goOn();
    t.ok(
      ['done', 'ENOTCONN', 'ECONNABORTED', 'EIO'].includes(String(write)),
      `who has it open: ${String(write)}`,
    );
    t.equal(readFileSync(join(mount.store, 'used/busy'), 'utf8').slice(0, 6), 'before');
  });

  t.test(`${mode}: a disk unmounted underneath: errors, and nobody waits`, onVolume, async (t) => {
    const store = volume(t, 'ext4', { mebibytes: 24 });
    mkdirSync(join(store, 'gone'));
    writeFileSync(join(store, 'gone/file'), 'content');
    const mount = await mounted(t, { mode, store });
    const at = join(mount.at, 'gone');
    const { goOn } = await waiting(t, mount, 'busy', at);
    t.equal((await mount.server.client.get('gone', 'file')).text, 'content');
    run('umount', '-l', store);
    for (let round = 0; round < 3; round++) {
      const told = await does(mount, 'look', at);
      t.comment(JSON.stringify(told));
      t.notOk(Object.values(told).includes('ENOSYS'));
      await within(mount, ['ls', '-l', mount.at]);
    }
    t.ok(mount.server.running);
    const { client } = mount.server;
    for (const answer of [await client.get('gone', 'file'), await client.put('gone', 'new', 'x')])
      t.ok(answer.status >= 200 && answer.status < 600, `HTTP answers ${answer.status}`);
    t.equal((await client.ask('GET', '')).status < 600, true, 'ListBuckets answers');
    await goOn();
    t.notOk(/uncaught|unhandled/i.test(mount.server.log), mount.server.log);
    t.equal(await mount.server.stop(), 0, 'and it stops when told to');
    rmSync(join(store, 'gone'), { recursive: true, force: true });
    // For the volume's own end.
    run('mount', '-t', 'tmpfs', 'none', store);
  });
}
