import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import t from 'tap';
import type { Test } from 'tap';
import type { Bucket } from '../../../lib/store/bucket.js';
import { Snapshots } from '../../../lib/store/snapshots.js';
import { type Tree, TreeCursor } from '../../../lib/store/tree-cursor.js';
import type { Unlisted } from '../../../lib/store/unlisted.js';
import { bucketIn } from './bucket-in.js';

function cursorIn(t: Test, bucket: Bucket, tree: Partial<Tree> = {}): TreeCursor {
  const cursor = new TreeCursor({
    bucket,
    snapshots: new Snapshots({ maxBytes: 1_000_000 }),
    root: '',
    prefix: '',
    longest: 1024,
    directories: true,
    collapses: () => false,
    report: () => undefined,
    ...tree,
  });
  t.teardown(() => cursor.close());
  return cursor;
}

function rest(cursor: TreeCursor): string[] {
  const met: string[] = [];
  for (; cursor.met !== undefined; cursor.advance()) met.push(`${cursor.met.kind} ${cursor.met.path}`);
  return met;
}

function from(t: Test, bucket: Bucket, bound: string, tree: Partial<Tree> = {}): string[] {
  const cursor = cursorIn(t, bucket, tree);
  cursor.seek(Buffer.from(bound));
  return rest(cursor);
}

const descriptors = (): number => readdirSync('/proc/self/fd').length;

t.test('files are met in the byte order of their paths', (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ a: { b: '', c: { d: '' } }, 'a.b': '', 'a-': '', b: '' }));
  t.strictSame(from(t, bucket, ''), ['file a-', 'file a.b', 'file a/b', 'file a/c/d', 'file b']);
  t.end();
});

t.test('a walk begins anywhere, at paths that exist and between them', (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ a: { b: '', c: { d: '' } }, 'a.b': '', b: '' }));
  t.strictSame(from(t, bucket, 'a/b'), ['file a/b', 'file a/c/d', 'file b']);
  t.strictSame(from(t, bucket, 'a/b\0'), ['file a/c/d', 'file b']);
  t.strictSame(from(t, bucket, 'a/c/e'), ['file b']);
  t.strictSame(from(t, bucket, 'a/x/y/z'), ['file b']);
  t.strictSame(from(t, bucket, 'a//'), ['file a/b', 'file a/c/d', 'file b']);
  t.strictSame(
    from(t, bucket, 'a.b/c'),
    ['file a/b', 'file a/c/d', 'file b'],
    'below a file there is nothing',
  );
  t.strictSame(from(t, bucket, 'c'), []);
  t.end();
});

t.test('a walk goes on further ahead', (t) => {
  const tree = { a: { b: { c: '', d: '' }, e: '' }, f: { g: '' }, h: '' };
  const cursor = cursorIn(t, bucketIn(t, {}, t.testdir(tree)));
  cursor.seek(Buffer.from(''));
  t.equal(cursor.met?.path, 'a/b/c');
  cursor.seek(Buffer.from('a/b0'));
  t.equal(cursor.met?.path, 'a/e');
  cursor.seek(Buffer.from('f/g'));
  t.equal(cursor.met?.path, 'f/g');
  cursor.seek(Buffer.from('x'));
  t.equal(cursor.met, undefined);
  t.end();
});

t.test('beyond the prefix nothing is looked at', (t) => {
  const reported: Unlisted[] = [];
  const directory = t.testdir({ a: { b: '' }, z: {} });
  writeFileSync(Buffer.concat([Buffer.from(`${directory}/z/`), Buffer.from([0xff])]), '');
  const report = (unlisted: Unlisted): unknown => reported.push(unlisted);
  const bucket = bucketIn(t, {}, directory);
  t.strictSame(from(t, bucket, 'a', { prefix: 'a', report }), ['file a/b']);
  t.strictSame(reported, []);
  t.strictSame(from(t, bucket, '', { report }), ['file a/b']);
  t.strictSame(reported, [{ directory: 'z', why: 'unnameable', count: 1 }]);
  t.end();
});

t.test('an empty directory of somebody else is met as itself, where directories are', (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ a: { empty: {} } }));
  t.strictSame(from(t, bucket, ''), ['directory a/empty/']);
  t.strictSame(from(t, bucket, 'a/empty/'), ['directory a/empty/']);
  t.strictSame(from(t, bucket, 'a/empty/\0'), []);
  t.strictSame(from(t, bucket, '', { directories: false }), []);
  t.end();
});

t.test('of a directory that collapses it is only asked whether there is something in it', (t) => {
  const full = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`d${i}`, {}]));
  const tree = { a: { b: '', c: '' }, many: { ...full, d50: { deep: { file: '' } } } };
  const met = from(t, bucketIn(t, {}, t.testdir(tree)), '', {
    directories: false,
    collapses: (path) => path.endsWith('/'),
  });
  t.strictSame(met, ['subtree a/', 'subtree many/d50/deep/']);
  t.end();
});

t.test('a tree deeper than the directories held open comes back to each of them', (t) => {
  const directory = t.testdir({});
  const wanted: string[] = [];
  let path = '';
  for (let depth = 0; depth < 80; depth++) {
    writeFileSync(`${directory}/${path}z`, '');
    wanted.unshift(`file ${path}z`);
    path += 'd/';
    mkdirSync(`${directory}/${path}`);
  }
  const bucket = bucketIn(t, {}, directory);
  const before = descriptors();
  const cursor = cursorIn(t, bucket, { directories: false });
  cursor.seek(Buffer.from(''));
  t.ok(descriptors() - before < 40);
  const met: string[] = [];
  for (; cursor.met !== undefined; cursor.advance()) {
    t.type(cursor.directory(cursor.met.level), 'number');
    met.push(`file ${cursor.met.path}`);
  }
  t.strictSame(met, wanted);
  cursor.close();
  t.equal(descriptors(), before, 'and nothing stays open');
  t.end();
});

t.test('paths longer than a key may be are reported instead', (t) => {
  const reported: Unlisted[] = [];
  const bucket = bucketIn(t, {}, t.testdir({ a: '', bb: { c: '' }, ccccc: '' }));
  const report = (unlisted: Unlisted): unknown => reported.push(unlisted);
  t.strictSame(from(t, bucket, '', { longest: 4, report }), ['file a', 'file bb/c']);
  t.strictSame(reported, [{ directory: '', why: 'too-long', count: 1 }]);
  t.end();
});

t.test('a directory that may not be read is reported, and the walk goes on', (t) => {
  const reported: Unlisted[] = [];
  const directory = t.testdir({ a: { b: '' }, c: '' });
  chmodSync(`${directory}/a`, 0);
  const report = (unlisted: Unlisted): unknown => reported.push(unlisted);
  const root = process.getuid?.() === 0;
  const met = from(t, bucketIn(t, {}, directory), '', { report });
  chmodSync(`${directory}/a`, 0o700);
  t.strictSame(met, root ? ['file a/b', 'file c'] : ['file c']);
  t.strictSame(reported, root ? [] : [{ directory: 'a', why: 'unreadable', count: 1 }]);
  t.end();
});

t.test('what goes away during the walk is passed over', (t) => {
  const directory = t.testdir({ a: { b: '' }, c: { d: '' }, e: { f: '' }, g: '' });
  const cursor = cursorIn(t, bucketIn(t, {}, directory));
  cursor.seek(Buffer.from(''));
  rmSync(`${directory}/c`, { recursive: true });
  renameSync(`${directory}/g`, `${directory}/h`);
  rmSync(`${directory}/e`, { recursive: true });
  writeFileSync(`${directory}/e`, '');
  t.strictSame(rest(cursor), ['file a/b', 'file g'], 'as far as directories are concerned');
  t.end();
});

t.test('followed links that lead back up end there', (t) => {
  const directory = t.testdir({ a: { b: '' } });
  symlinkSync('..', `${directory}/a/up`);
  symlinkSync('.', `${directory}/a/self`);
  symlinkSync('a', `${directory}/c`);
  symlinkSync('/etc', `${directory}/out`);
  t.strictSame(from(t, bucketIn(t, { followSymlinks: true }, directory), ''), ['file a/b', 'file c/b']);
  t.strictSame(from(t, bucketIn(t, {}, directory), ''), ['file a/b']);
  t.end();
});
