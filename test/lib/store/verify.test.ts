import {
  chmodSync,
  closeSync,
  linkSync,
  openSync,
  renameSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { Test } from 'tap';
import { setAttribute } from '../../../lib/os/attributes.js';
import { statFd, tryStatPath } from '../../../lib/os/stat.js';
import { ATTRIBUTE } from '../../../lib/store/layout.js';
import { attributeOf, type Before, happenedSince, isUntouched, Watch } from '../../../lib/store/verify.js';
import { noPython, startEditor } from './editor.js';

/** A file of bytes 1 that has been at rest for a while, opened for reading. */
async function atRest(t: Test): Promise<{ path: string; before: Before }> {
  const path = `${t.testdir({})}/file`;
  writeFileSync(path, Buffer.alloc(10_000, 1));
  utimesSync(path, 1_000_000, 1_000_000);
  await sleep(30);
  const fd = openSync(path, 'r');
  t.teardown(() => closeSync(fd));
  const before = { fd, stat: statFd(fd), attribute: attributeOf(fd), name: () => tryStatPath(path) };
  return { path, before };
}

t.test('a file nobody touched is untouched, as often as it is read', async (t) => {
  const { before } = await atRest(t);
  t.ok(isUntouched(before));
  t.ok(isUntouched(before));
});

t.test(
  'what leaves the content alone is explained: the reader finishes with the bytes it began with',
  async (t) => {
    const cases: Record<string, (path: string, fd: number) => void> = {
      chmod: (path) => chmodSync(path, 0o600),
      unlink: (path) => unlinkSync(path),
      'another file renamed over it': (path) => {
        writeFileSync(`${path}.new`, 'new');
        renameSync(`${path}.new`, path);
      },
      'renamed away': (path) => renameSync(path, `${path}.old`),
      'another hard link': (path) => linkSync(path, `${path}.link`),
      'a record written on it': (_, fd) => setAttribute(fd, ATTRIBUTE, Buffer.from([1, 0])),
    };
    for (const [what, change] of Object.entries(cases)) {
      await t.test(what, async (t) => {
        const { path, before } = await atRest(t);
        change(path, before.fd);
        t.not(statFd(before.fd).ctimeNs, before.stat.ctimeNs, 'the change shows in ctime');
        t.ok(isUntouched(before));
      });
    }
  },
);

t.test('a record replaced by another one is explained too', async (t) => {
  const { before } = await atRest(t);
  setAttribute(before.fd, ATTRIBUTE, Buffer.from([1, 0, 1]));
  const tagged = { ...before, stat: statFd(before.fd), attribute: attributeOf(before.fd) };
  t.same(tagged.attribute, Buffer.from([1, 0, 1]));
  await sleep(20);
  setAttribute(before.fd, ATTRIBUTE, Buffer.from([1, 0, 2]));
  t.ok(isUntouched(tagged));
});

t.test('a write, an append and a truncation are changes', async (t) => {
  const cases: Record<string, (path: string) => void> = {
    'one byte': (path) => {
      const fd = openSync(path, 'r+');
      writeSync(fd, 'x');
      closeSync(fd);
    },
    append: (path) => writeFileSync(path, 'x', { flag: 'a' }),
    truncated: (path) => writeFileSync(path, ''),
  };
  for (const [what, change] of Object.entries(cases)) {
    const { path, before } = await atRest(t);
    change(path);
    t.notOk(isUntouched(before), what);
  }
});

t.test('an edit of the same size whose mtime is put back shows in ctime', { skip: noPython }, async (t) => {
  const { path, before } = await atRest(t);
  const editor = await startEditor(t);
  await editor.tell('write', path, 2, 10_000, 1);
  t.equal(statFd(before.fd).mtimeNs, before.stat.mtimeNs, 'mtime tells nothing');
  t.notOk(isUntouched(before));
});

t.test('a change of mode excuses nothing while somebody is writing', { skip: noPython }, async (t) => {
  const { path, before } = await atRest(t);
  const editor = await startEditor(t);
  await editor.tell('hold', path);
  t.ok(isUntouched(before), 'being open for writing alone changes nothing');
  await editor.tell('put', 2, 0, 100);
  utimesSync(path, 1_000_000, 1_000_000);
  chmodSync(path, 0o600);
  t.notOk(isUntouched(before));
  await editor.tell('release');
});

t.test('stores into a mapping whose descriptor is closed are seen', { skip: noPython }, async (t) => {
  const { path, before } = await atRest(t);
  const editor = await startEditor(t);
  await editor.tell('map', path);
  t.ok(isUntouched(before));
  await editor.tell('poke', 2);
  t.notOk(isUntouched(before));
  await editor.tell('unmap');
});

t.test('a change of nothing but the change time is told from one of the content', async (t) => {
  const { path, before } = await atRest(t);
  t.equal(happenedSince(before), 'untouched');
  chmodSync(path, before.stat.mode & 0o7777);
  t.equal(happenedSince(before), 'unexplained');
  t.notOk(isUntouched(before));
  writeFileSync(path, 'x', { flag: 'a' });
  t.equal(happenedSince(before), 'changed');
});

t.test('a watched file may move once without an explanation', async (t) => {
  const { path, before } = await atRest(t);
  const { mode } = before.stat;
  const watch = new Watch(before);
  t.equal(watch.look(), 'untouched');
  chmodSync(path, mode & 0o7777);
  t.equal(watch.look(), 'unexplained');
  t.ok(watch.accept());
  t.ok(watch.moved);
  t.equal(watch.look(), 'untouched', 'until it moves again');
  await sleep(20);
  chmodSync(path, mode & 0o7777);
  t.equal(watch.look(), 'unexplained');
  t.notOk(watch.accept());
  const other = new Watch(before);
  chmodSync(path, 0o600);
  t.equal(other.look(), 'untouched', 'what is explained is no move');
  t.notOk(other.moved);
});
