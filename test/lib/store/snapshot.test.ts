import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { closeFd, openDirectory } from '../../../lib/os/open.js';
import { readSnapshot, type Snapshot, type SnapshotOptions } from '../../../lib/store/snapshot.js';
import { statSync } from 'node:fs';

function read(directory: string, options?: SnapshotOptions): Snapshot {
  const fd = openDirectory(directory);
  try {
    return readSnapshot(fd, options);
  } finally {
    closeFd(fd);
  }
}

function names(snapshot: Snapshot): string[] {
  return Array.from({ length: snapshot.count }, (_, i) => snapshot.name(i));
}

t.test('names are sorted as keys are, directories as if they ended in a slash', (t) => {
  const snapshot = read(
    t.testdir({ a: {}, 'a.b': '', 'a-': '', a0: '', B: {}, é: '', '\u{1f600}': '', '\uff5e': '' }),
  );
  t.strictSame(names(snapshot), ['B/', 'a-', 'a.b', 'a/', 'a0', 'é', '\uff5e', '\u{1f600}']);
  t.strictSame(
    names(snapshot).map((_, i) => snapshot.isDirectory(i)),
    [true, false, false, true, false, false, false, false],
  );
  t.equal(snapshot.length(0), 2);
  t.equal(snapshot.length(7), 4);
  t.end();
});

t.test('a name, or the place where it would be, is found', (t) => {
  const snapshot = read(t.testdir({ a: {}, 'a.b': '', c: '' }));
  t.equal(snapshot.lowerBound(Buffer.from(''), 0), 0);
  t.equal(snapshot.lowerBound(Buffer.from('a/'), 0), 1);
  t.equal(snapshot.lowerBound(Buffer.from('b'), 0), 2);
  t.equal(snapshot.lowerBound(Buffer.from('d'), 0), 3);
  t.equal(snapshot.lowerBound(Buffer.from('a'), 2), 2, 'never before where it began');
  t.ok(snapshot.is(1, Buffer.from('a/')));
  t.notOk(snapshot.is(1, Buffer.from('a')));
  t.notOk(snapshot.is(3, Buffer.from('')));
  t.end();
});

t.test('an empty directory is empty, one that only holds .bucketree as well', (t) => {
  t.ok(read(t.testdir({})).empty);
  t.ok(read(t.testdir({ '.bucketree': { keys: {} } })).empty);
  t.end();
});

t.test('the reserved directory is left out under whatever spelling its entry has', (t) => {
  const directory = t.testdir({ '.BUCKETREE': {}, a: '' });
  const reserved = statSync(`${directory}/.BUCKETREE`, { bigint: true }).ino;
  t.strictSame(names(read(directory, { reserved })), ['a']);
  t.end();
});

t.test('what is neither file nor directory is no key, but keeps its directory from being empty', (t) => {
  const directory = t.testdir({});
  execFileSync('mkfifo', [`${directory}/pipe`]);
  symlinkSync('/etc/passwd', `${directory}/link`);
  const snapshot = read(directory);
  t.strictSame(names(snapshot), []);
  t.notOk(snapshot.empty);
  t.notOk(snapshot.followed);
  t.end();
});

t.test('links are what they are said to lead to', (t) => {
  const directory = t.testdir({});
  for (const name of ['to-file', 'to-directory', 'to-nothing']) symlinkSync('x', `${directory}/${name}`);
  const snapshot = read(directory, {
    followLink: (name) =>
      ({ 'to-file': 'file', 'to-directory': 'directory' })[name.toString()] as 'file' | undefined,
  });
  t.strictSame(names(snapshot), ['to-directory/', 'to-file']);
  t.ok(snapshot.followed);
  t.end();
});

t.test('names that are not UTF-8 are counted and never shown', (t) => {
  const directory = t.testdir({ 'a é': '' });
  const bad = [Buffer.from([0xff, 0x61]), Buffer.from([0x61, 0xc3]), Buffer.from([0xed, 0xa0, 0x80])];
  for (const name of bad) writeFileSync(Buffer.concat([Buffer.from(`${directory}/`), name]), '');
  const snapshot = read(directory);
  t.strictSame(names(snapshot), ['a é']);
  t.equal(snapshot.unnameable, 3);
  t.end();
});

t.test('ten thousand names come out as they went in', (t) => {
  const directory = t.testdir({});
  const wanted: string[] = [];
  for (let i = 0; i < 10_000; i++) {
    const name = `${(i * 7919) % 10_000}${'~'.repeat(i % 50)}`;
    wanted.push(i % 100 === 0 ? `${name}/` : name);
    if (i % 100 === 0) mkdirSync(`${directory}/${name}`);
    else writeFileSync(`${directory}/${name}`, '');
  }
  const snapshot = read(directory);
  t.strictSame(names(snapshot), wanted.toSorted());
  t.ok(snapshot.bytes < 100 * 10_000);
  t.end();
});
