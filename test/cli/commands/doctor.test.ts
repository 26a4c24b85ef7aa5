import { join } from 'node:path';
import t from 'tap';
import { bucketree } from '../captured.js';

t.test('a directory in order passes, with a line for everything looked at', async (t) => {
  const dir = t.testdir({ store: { photos: {} }, pics: {} });
  const words = ['doctor', 'store', '--bucket', 'pics=pics', '--listen', '127.0.0.1:0'];
  const { code, stdout, stderr } = await bucketree(words, dir);
  t.equal(code, 0, stdout);
  t.equal(stderr, '');
  for (const place of ['store', 'pics']) t.match(stdout, new RegExp(`ok +permissions: ${join(dir, place)}:`));
});

t.test('trouble is named with its remedy, and fails', async (t) => {
  const dir = t.testdir();
  const { code, stdout } = await bucketree(['doctor', 'absent', '--listen', '127.0.0.1:0'], dir);
  t.equal(code, 1);
  t.match(stdout, /problem permissions: .*absent: ENOENT.*\n +fix: mkdir -p .*absent\n/);
});

t.test('programs get a line of JSON for each finding', async (t) => {
  const { stdout } = await bucketree(['doctor', '--json', '--listen', '127.0.0.1:0', '.'], t.testdir());
  const findings = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  t.ok(findings.length > 8);
  for (const { check, level } of findings) t.ok(typeof check === 'string' && typeof level === 'string');
});
