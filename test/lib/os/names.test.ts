import { mkdirSync, readdirSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { DT, readNames, readNamesList } from '../../../lib/os/names.js';
import { closeFd, openDirectory } from '../../../lib/os/open.js';
import { statAt } from '../../../lib/os/stat.js';

const hex = (names: readonly Buffer[]): string[] => names.map((name) => name.toString('hex')).toSorted();

t.test('any bytes but slash and NUL come back as they were made', async (t) => {
  const directory = t.testdir({});
  const byte = fc.integer({ min: 1, max: 255 }).filter((value) => value !== 0x2f);
  const name = fc
    .array(byte, { minLength: 1, maxLength: 255 })
    .map((bytes) => Buffer.from(bytes))
    .filter((bytes) => !['.', '..'].includes(bytes.toString()));
  let round = 0;
  fc.assert(
    fc.property(fc.array(name, { maxLength: 20 }), (names) => {
      const path = `${directory}/${(round += 1)}`;
      mkdirSync(path);
      for (const each of names) writeFileSync(Buffer.concat([Buffer.from(`${path}/`), each]), '');
      const fd = openDirectory(path);
      const read = readNamesList(fd);
      closeFd(fd);
      t.same(hex(read.map((entry) => entry.name)), hex(readdirSync(path, { encoding: 'buffer' })));
      t.equal(read.length, new Set(hex(names)).size);
    }),
    { numRuns: 40 },
  );
});

t.test('types and inode numbers are those of the entries', async (t) => {
  const directory = t.testdir({ file: '', folder: {} });
  symlinkSync('file', `${directory}/link`);
  const fd = openDirectory(directory);
  const seen: Record<string, readonly [number, bigint]> = {};
  readNames(fd, (chunk, start, end, type, ino) => {
    seen[chunk.toString('utf8', start, end)] = [type, ino];
  });
  const types = { file: DT.REG, folder: DT.DIR, link: DT.LNK };
  t.same(Object.keys(seen).toSorted(), Object.keys(types));
  for (const [name, type] of Object.entries(types)) {
    const told = seen[name]?.[0];
    t.ok(told === type || told === DT.UNKNOWN, name);
    t.equal(seen[name]?.[1], statAt(fd, name).ino);
  }
  closeFd(fd);
});

t.test(
  'a directory larger than the buffer is read whole, again from the start, and nested readings do not mix',
  async (t) => {
    const directory = t.testdir({ many: {}, few: { a: '', b: '' } });
    const names = Array.from({ length: 6000 }, (_, index) => `${'long name '.repeat(5)}${index}`);
    for (const name of names) writeFileSync(`${directory}/many/${name}`, '');
    const many = openDirectory(`${directory}/many`);
    const few = openDirectory(`${directory}/few`);
    for (let turn = 0; turn < 2; turn += 1) {
      const read: string[] = [];
      readNames(many, (chunk, start, end) => {
        if (read.length % 500 === 0) t.equal(readNamesList(few).length, 2);
        read.push(chunk.toString('utf8', start, end));
      });
      t.same(read.toSorted(), names.toSorted());
    }
    let visits = 0;
    readNames(many, () => (visits += 1) < 10);
    t.equal(visits, 10, 'false ends the reading');
    t.throws(
      () =>
        readNames(many, () => {
          throw new Error('enough');
        }),
      /enough/,
    );
    t.equal(readNamesList(few).length, 2, 'a visitor that threw left nothing behind');
    closeFd(many);
    closeFd(few);
  },
);

t.test('a directory removed while open has no names; what is no directory is an error', async (t) => {
  const directory = t.testdir({ gone: {}, file: '' });
  const fd = openDirectory(`${directory}/gone`);
  rmdirSync(`${directory}/gone`);
  t.same(readNamesList(fd), []);
  closeFd(fd);
  t.throws(() => readNamesList(-1), { code: 'EBADF' });
});
