import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { examineDirectory } from '../../../cli/doctor/directory.js';

function levels(path: string, readOnly = false): Readonly<Record<string, string>> {
  return Object.fromEntries(examineDirectory(path, { readOnly }).map(({ check, level }) => [check, level]));
}

t.test('what a filesystem can do is found out, and nothing is left behind', async (t) => {
  const dir = t.testdir({ a: '' });
  const found = levels(dir);
  for (const check of ['permissions', 'filesystem', 'attributes', 'case', 'timestamps', 'leases', 'owners']) {
    t.ok(found[check], check);
  }
  t.equal(found['permissions'], 'ok');
  t.same(readdirSync(dir), ['a']);
});

t.test('a directory in memory is gone after a restart', async (t) => {
  const dir = mkdtempSync('/dev/shm/bucketree-');
  t.teardown(() => rmSync(dir, { recursive: true }));
  const finding = examineDirectory(dir, { readOnly: false }).find(({ check }) => check === 'filesystem');
  t.match(finding, { level: 'note', message: /^tmpfs, .* in memory/ });
});

t.test('nothing is written where nothing may be', async (t) => {
  const dir = t.testdir({ a: '' });
  const { ctimeMs } = statSync(dir);
  t.notOk(levels(dir, true)['attributes']);
  t.equal(statSync(dir).ctimeMs, ctimeMs);
});

t.test('a directory that is not there, or no directory, is a problem with a remedy', async (t) => {
  const dir = t.testdir({ file: '' });
  const [absent, ...rest] = examineDirectory(join(dir, 'absent'), { readOnly: false });
  t.match(absent, { check: 'permissions', level: 'problem', message: /ENOENT/, remedy: /mkdir -p/ });
  t.same(rest, []);
  t.match(examineDirectory(join(dir, 'file'), { readOnly: false })[0], {
    level: 'problem',
    message: /ENOTDIR/,
  });
});

t.test('a directory we may not write is a problem, unless it is read-only; root may', async (t) => {
  const dir = t.testdir({ a: '' });
  chmodSync(dir, 0o500);
  const found = [levels(dir), levels(dir, true)].map(({ permissions }) => permissions);
  chmodSync(dir, 0o700);
  t.same(found, [process.getuid?.() === 0 ? 'ok' : 'problem', 'ok']);
});
