import { randomBytes } from 'node:crypto';
import { ftruncateSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { closeFd, O, openAt, openDirectory } from '../../../lib/os/open.js';
import { becameShorter, copyInTurns, digestInTurns } from '../../../lib/store/turns.js';
import { md5Of } from './md5-of.js';

const MIB = 1024 * 1024;
const SPEC = { md5: true, sha256: false, algorithms: [] };

t.test('copies and hashes any range, and lets others run meanwhile', async (t) => {
  const directory = t.testdir({ to: '' });
  const bytes = randomBytes(70 * MIB + 5);
  writeFileSync(`${directory}/from`, bytes);
  const root = openDirectory(directory);
  const [from, to] = [openAt(root, 'from', O.RDWR), openAt(root, 'to', O.RDWR)];
  t.teardown(() => [root, from, to].forEach(closeFd));
  let others = 0;
  const timer = setInterval(() => others++, 0);
  await copyInTurns(from, 3, to, 7, bytes.length - 3);
  clearInterval(timer);
  t.ok(others > 0);
  t.equal(statSync(`${directory}/to`).size, bytes.length + 4);
  t.ok(readFileSync(`${directory}/to`).subarray(7).equals(bytes.subarray(3)));
  const { md5 } = await digestInTurns(from, 1, 9 * MIB, SPEC);
  t.equal(md5, md5Of(bytes.subarray(1, 9 * MIB)));
  t.equal((await digestInTurns(from, 5, 5, SPEC)).md5, md5Of(''));
  await copyInTurns(from, 0, to, 0, 0);
  ftruncateSync(from, 10);
  const shorter = await copyInTurns(from, 0, to, 0, 11).catch((error: unknown) => error);
  t.ok(becameShorter(shorter));
  t.ok(becameShorter(await digestInTurns(from, 0, 11, SPEC).catch((error: unknown) => error)));
  t.notOk(becameShorter(new Error('another')));
});
