import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { changePrivate, readPrivate } from '../../../lib/access/private-file.js';

t.test('directory and file are for their owner alone, whatever the umask', async (t) => {
  const path = join(t.testdir(), '.bucketree', 'accounts.json');
  const umask = process.umask(0);
  t.teardown(() => process.umask(umask));
  changePrivate(path, () => 'one', { parents: false });
  t.equal(statSync(join(path, '..')).mode & 0o777, 0o700);
  t.equal(statSync(path).mode & 0o777, 0o600);
  t.equal(readPrivate(path)?.toString(), 'one');
});

t.test('a change sees what is there; undefined leaves it', async (t) => {
  const path = join(t.testdir(), 'a', 'b', 'file');
  changePrivate(path, (content) => (t.equal(content, undefined), 'one'), { parents: true });
  changePrivate(path, (content) => `${content?.toString()} two`, { parents: true });
  changePrivate(path, () => undefined, { parents: true });
  t.equal(readFileSync(path, 'utf8'), 'one two');
});

t.test('a change that throws leaves the file and nothing beside it', async (t) => {
  const path = join(t.testdir(), 'd', 'file');
  changePrivate(path, () => 'one', { parents: false });
  t.throws(() => {
    changePrivate(
      path,
      () => {
        throw new Error('no');
      },
      { parents: false },
    );
  }, /no/);
  t.equal(readFileSync(path, 'utf8'), 'one');
  t.same(readdirSync(join(path, '..')).sort(), ['file', 'file.lock']);
});

t.test('neither a symbolic link nor a directory is taken for the file', async (t) => {
  const dir = t.testdir({ target: 'secret' });
  symlinkSync(join(dir, 'target'), join(dir, 'link'));
  mkdirSync(join(dir, 'sub'));
  t.throws(() => readPrivate(join(dir, 'link')), { code: 'ELOOP' });
  t.throws(() => readPrivate(join(dir, 'sub')), /not a file/);
  t.equal(readPrivate(join(dir, 'absent')), undefined);
  symlinkSync(dir, join(dir, 'dirlink'));
  writeFileSync(join(dir, 'f'), '');
  t.throws(() => changePrivate(join(dir, 'dirlink', 'x'), () => 'y', { parents: false }), /not a directory/);
  t.throws(() => changePrivate(join(dir, 'f', 'x'), () => 'y', { parents: false }), /not a directory/);
});

t.test('no change is lost between processes', async (t) => {
  const path = join(t.testdir(), 'd', 'counter');
  const module = new URL('../../../lib/access/private-file.js', import.meta.url).href;
  const script = `
    const { changePrivate } = await import(${JSON.stringify(module)});
    for (let n = 0; n < 25; n++)
      changePrivate(${JSON.stringify(path)}, (c) => String(Number(c ?? 0) + 1), { parents: false });
  `;
  const children = [1, 2, 3].map(() => spawn(process.execPath, ['--input-type=module', '-e', script]));
  const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0] as unknown));
  t.same(codes, [0, 0, 0]);
  t.equal(readFileSync(path, 'utf8'), '75');
});
