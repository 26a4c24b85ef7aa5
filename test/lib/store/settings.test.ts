import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { setAttribute } from '../../../lib/os/attributes.js';
import { SETTINGS_MARK } from '../../../lib/store/layout.js';
import { settingsOf, writeSettings } from '../../../lib/store/settings.js';
import { bucketIn } from './bucket-in.js';

t.test('settings are read as they were written, and a change is seen at once', async (t) => {
  const bucket = bucketIn(t);
  t.same(settingsOf(bucket), { settings: {}, lost: false }, 'a directory from elsewhere has none');
  mkdirSync(`${bucket.directory}/.bucketree`);
  for (let turn = 0; turn < 30; turn++) {
    const settings = { owner: `account ${turn}`, created: turn, tagging: [{ key: 'a', value: '≠' }] };
    writeSettings(bucket.rootFd, settings, turn % 2 === 0 ? 'full' : 'none');
    t.same(settingsOf(bucket), { settings, lost: false });
    if (turn % 10 === 0) await sleep(30);
    t.same(settingsOf(bucket).settings, settings, 'from memory as well');
  }
  t.same(readdirSync(`${bucket.directory}/.bucketree`), ['bucket.json'], 'no steps are left');
  t.equal(statSync(`${bucket.directory}/.bucketree/bucket.json`).mode & 0o777, 0o600);
});

t.test('an edit by hand, of any size, is seen', async (t) => {
  const bucket = bucketIn(t);
  mkdirSync(`${bucket.directory}/.bucketree`);
  const path = `${bucket.directory}/.bucketree/bucket.json`;
  for (let turn = 0; turn < 50; turn++) {
    writeFileSync(path, JSON.stringify({ owner: `o${turn % 10}` }));
    t.same(settingsOf(bucket).settings, { owner: `o${turn % 10}` });
  }
  await sleep(30);
  t.same(settingsOf(bucket).settings, { owner: 'o9' });
  rmSync(path);
  t.same(settingsOf(bucket), { settings: {}, lost: false }, 'ours are told by their mark');
});

t.test('settings that were read before do not hold once a link or a file stands in their way', async (t) => {
  const bucket = bucketIn(t);
  const reserved = `${bucket.directory}/.bucketree`;
  mkdirSync(reserved);
  const path = `${reserved}/bucket.json`;
  writeSettings(bucket.rootFd, { owner: 'o' }, 'none');
  await sleep(30);
  t.same(settingsOf(bucket).settings, { owner: 'o' });
  renameSync(path, `${path}.moved`);
  symlinkSync('bucket.json.moved', path);
  t.throws(() => settingsOf(bucket), { code: 'AccessDenied' }, 'a link in place of the file');
  rmSync(path);
  renameSync(`${path}.moved`, path);
  t.same(settingsOf(bucket).settings, { owner: 'o' });
  renameSync(reserved, `${bucket.directory}/elsewhere`);
  writeFileSync(reserved, '');
  t.same(settingsOf(bucket), { settings: { owner: 'o' }, lost: true }, 'nothing can be below a file');
});

t.test('settings that are broken are said to be, and nobody is let in', async (t) => {
  const bucket = bucketIn(t);
  mkdirSync(`${bucket.directory}/.bucketree`);
  const path = `${bucket.directory}/.bucketree/bucket.json`;
  for (const text of ['', '{', '7', 'null', '"text"', '[]']) {
    writeFileSync(path, text);
    t.throws(
      () => settingsOf(bucket),
      { code: 'Internal', message: /bucket\.json is not a JSON object/ },
      text,
    );
  }
  rmSync(path);
  writeFileSync(`${bucket.directory}/elsewhere.json`, '{"owner":"somebody"}');
  symlinkSync('../elsewhere.json', path);
  t.throws(
    () => settingsOf(bucket),
    { code: 'AccessDenied' },
    'a symlink is not followed, and not taken for nothing',
  );
  t.match(readFileSync(path, 'utf8'), /somebody/);
});

t.test('settings that were there and are gone are missed, and only the owner is still known', async (t) => {
  const bucket = bucketIn(t);
  t.same(settingsOf(bucket).lost, false);
  const lose = (): void => rmSync(`${bucket.directory}/.bucketree`, { recursive: true });
  mkdirSync(`${bucket.directory}/.bucketree`);
  writeSettings(bucket.rootFd, { owner: 'ann', tagging: [{ key: 'a', value: 'b' }] }, 'full');
  lose();
  t.ok(bucket.isCurrent());
  t.same(settingsOf(bucket), { settings: { owner: 'ann' }, lost: true });
  mkdirSync(`${bucket.directory}/.bucketree`);
  writeSettings(bucket.rootFd, { created: 5 }, 'none');
  t.same(settingsOf(bucket), { settings: { created: 5 }, lost: false }, 'set anew, they are there');
  lose();
  t.ok(bucket.isCurrent());
  t.same(settingsOf(bucket), { settings: {}, lost: true });
});

t.test('a loss is noticed also when nothing was missing a moment ago', async (t) => {
  const bucket = bucketIn(t);
  await sleep(60);
  for (let turn = 0; turn < 3; turn++) t.same(settingsOf(bucket).lost, false, 'remembered');
  setAttribute(bucket.rootFd, SETTINGS_MARK, Buffer.from('ann'));
  t.ok(bucket.isCurrent(), 'every request looks');
  t.same(settingsOf(bucket), { settings: { owner: 'ann' }, lost: true });
});
