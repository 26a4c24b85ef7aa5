/**
 * Trees and numbers beyond what is usual, renames against PUTs, and a mount that is to go while somebody is in it:
 * whoever works in the mount is told the truth by errno(3), nobody waits for ever, and the server goes on.
 * TEST_MOUNT_OPEN_FILES, TEST_MOUNT_NAMES and TEST_MOUNT_STORM say how many.
 */
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { count, lacking, programNeeded, run } from '../system/disk.js';
import { MAIN } from '../system/server.js';
import { does, isWell, waiting } from './bad-day.js';
import { MODES, mounted, mountNeeded, within } from './mounted.js';

const FILES = count('TEST_MOUNT_OPEN_FILES', 10_000);
const NAMES = count('TEST_MOUNT_NAMES', 25_000);
const STORM = count('TEST_MOUNT_STORM', 80);

const options = { skip: lacking(mountNeeded(), programNeeded('python3')), timeout: 0 };

for (const mode of MODES) {
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
}
