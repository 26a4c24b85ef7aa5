import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import t, { type Test } from 'tap';
import { DirectoryStream } from '../../../lib/os/directory-stream.js';

function directoryOf(t: Test, count: number): [string, number] {
  const directory = t.testdir({});
  for (let at = 0; at < count; at++) writeFileSync(`${directory}/file-${at}`, '');
  const fd = openSync(directory, 'r');
  t.teardown(() => closeSync(fd));
  return [directory, fd];
}

t.test('every entry comes once, with its number, its type and a position', async (t) => {
  const [directory, fd] = directoryOf(t, 2000);
  const seen = new Map<string, bigint>();
  new DirectoryStream(fd).read(0n, (name, _type, ino, next) => {
    t.notOk(seen.has(name.toString()));
    seen.set(name.toString(), ino);
    if (next === 0n) t.fail('a position is never the start');
    return true;
  });
  t.equal(seen.size, 2002);
  t.equal(seen.get('.'), statSync(directory, { bigint: true }).ino);
  t.equal(seen.get('file-7'), statSync(`${directory}/file-7`, { bigint: true }).ino);
});

t.test('reading goes on behind any entry, in pieces and from another stream', async (t) => {
  const [, fd] = directoryOf(t, 1500);
  const stream = new DirectoryStream(fd);
  const order: [string, bigint][] = [];
  for (let position = 0n, more = true; more;) {
    let taken = 0;
    stream.read(position, (name, _type, _ino, next) => {
      if (taken === 7) return false;
      taken += 1;
      order.push([name.toString(), next]);
      position = next;
      return true;
    });
    more = taken > 0;
  }
  t.equal(new Set(order.map(([name]) => name)).size, 1502);
  const [, middle = 0n] = order[700] ?? [];
  const rest: string[] = [];
  new DirectoryStream(fd).read(middle, (name) => rest.push(name.toString()) > 0);
  t.strictSame(
    rest,
    order.slice(701).map(([name]) => name),
  );
});

t.test('a position stays good while other entries come and go', async (t) => {
  const [directory, fd] = directoryOf(t, 3000);
  const seen: string[] = [];
  const stream = new DirectoryStream(fd);
  let position = 0n;
  const some = (count: number): void => {
    let taken = 0;
    stream.read(position, (name, _type, _ino, next) => {
      if (taken === count) return false;
      taken += 1;
      seen.push(name.toString());
      position = next;
      return true;
    });
  };
  some(1000);
  const left = new Set(readdirSync(directory).filter((name) => !seen.includes(name)));
  for (const name of seen.filter((name) => name.startsWith('file-'))) rmSync(`${directory}/${name}`);
  for (let at = 0; at < 500; at++) writeFileSync(`${directory}/new-${at}`, '');
  some(10_000);
  for (const name of left) if (!seen.includes(name)) t.fail(`${name} was there all the time`);
  t.equal(new Set(seen).size, seen.length, 'none twice');
  t.ok(left.size > 1900);
});

t.test('starting over shows what has come since', async (t) => {
  const [directory, fd] = directoryOf(t, 1);
  const stream = new DirectoryStream(fd);
  stream.read(0n, () => true);
  writeFileSync(`${directory}/new`, '');
  const names: string[] = [];
  stream.read(0n, (name) => names.push(name.toString()) > 0);
  t.ok(names.includes('new'));
});

t.test('a directory that was removed has no names', async (t) => {
  const directory = t.testdir({});
  mkdirSync(`${directory}/d`);
  const fd = openSync(`${directory}/d`, 'r');
  t.teardown(() => closeSync(fd));
  rmdirSync(`${directory}/d`);
  new DirectoryStream(fd).read(0n, (name) => {
    t.ok(['.', '..'].includes(name.toString()));
    return true;
  });
});
