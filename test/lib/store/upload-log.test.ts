import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import type { Test } from 'tap';
import { closeFd, O, openAt, openDirectory } from '../../../lib/os/open.js';
import { newUploadId } from '../../../lib/store/uploads.js';
import {
  decodeLine,
  encodeLine,
  type Entry,
  type Part,
  readInfo,
  UploadLog,
} from '../../../lib/store/upload-log.js';
import { key } from './bucket-in.js';
import { creation } from './multipart.js';

function fileIn(t: Test): { path: string; fd: number } {
  const directory = t.testdir({ log: '' });
  const root = openDirectory(directory);
  const fd = openAt(root, 'log', O.RDWR);
  closeFd(root);
  t.teardown(() => closeFd(fd));
  return { path: `${directory}/log`, fd };
}

const { owner, attributes } = creation();
const info = { id: newUploadId(1), key: key('k'), initiated: 1, owner, attributes };
const part = (number: number, etag: string): Part => ({ number, size: 4, modified: 9, etag, checksums: [] });

t.test('a line is whole or it is not', async (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(), (value, at) => {
      const line = encodeLine(value);
      t.equal(line.indexOf(0x0a), line.length - 1, 'one line');
      const body = line.subarray(0, -1);
      t.same(decodeLine(body), JSON.parse(JSON.stringify(value)));
      t.equal(decodeLine(body.subarray(0, at % body.length)), undefined, 'torn');
    }),
  );
  t.equal(decodeLine(Buffer.from('00000000 {"kind":"upload"}')), undefined);
});

t.test('what was appended is the state, for who appends and for who reads', async (t) => {
  const { fd } = fileIn(t);
  const [ours, theirs] = [new UploadLog(), new UploadLog()];
  t.equal(ours.read(fd), undefined);
  const entries: Entry[] = [
    { kind: 'upload', info },
    { kind: 'claim', number: 2, size: 100 },
    { kind: 'part', part: { ...part(7, 'a'), file: 'part.7.x' } },
    { kind: 'claim', number: 1, size: 100 },
    { kind: 'part', part: part(7, 'b') },
  ];
  for (const entry of entries) {
    ours.read(fd);
    ours.append(fd, entry);
    t.same(theirs.read(fd), ours.read(fd));
  }
  const state = theirs.read(fd);
  t.match(state, { info, slotSize: 100, confirmed: true });
  t.same([...(state?.claimed ?? [])], [2, 1]);
  t.same([...(state?.parts.values() ?? [])], [part(7, 'b')], 'the last one counts');
  t.same(readInfo(fd), info);
});

t.test('a line torn by a crash is as if never written, and the next takes its place', async (t) => {
  const { path, fd } = fileIn(t);
  const log = new UploadLog();
  log.append(fd, { kind: 'upload', info });
  log.append(fd, { kind: 'part', part: part(1, 'a') });
  const whole = readFileSync(path);
  const next = encodeLine({ kind: 'part', part: part(2, 'b') });
  for (let kept = 1; kept < next.length; kept++) {
    writeFileSync(path, Buffer.concat([whole, next.subarray(0, kept)]));
    const fresh = new UploadLog();
    t.equal(fresh.read(fd)?.parts.size, 1);
    fresh.append(fd, { kind: 'part', part: part(3, 'c') });
    t.same([...(new UploadLog().read(fd)?.parts.keys() ?? [])], [1, 3]);
  }
});

t.test('a log that became shorter, and one that is no log, are read from their beginning', async (t) => {
  const { path, fd } = fileIn(t);
  const log = new UploadLog();
  log.append(fd, { kind: 'upload', info });
  const head = readFileSync(path);
  log.append(fd, { kind: 'part', part: part(1, 'a') });
  writeFileSync(path, head);
  t.equal(log.read(fd)?.parts.size, 0);
  writeFileSync(path, Buffer.concat([encodeLine(null), encodeLine('x'), encodeLine({ kind: 'later' })]));
  t.equal(new UploadLog().read(fd), undefined);
  t.equal(readInfo(fd), undefined);
  writeFileSync(path, 'x'.repeat(100_000));
  t.equal(readInfo(fd), undefined);
  const long = { ...info, owner: 'o'.repeat(50_000) };
  writeFileSync(path, encodeLine({ kind: 'upload', info: long }));
  t.same(readInfo(fd), long);
});
