import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { holdersOf } from '../../../mount/kernel/holders.js';
import { directory } from '../../system/disk.js';

/** A shell that runs the words, says so, and stays until the test ends. */
async function staying(scope: { teardown(handler: () => void): void }, words: string): Promise<number> {
  const child = spawn('bash', ['-c', `${words}; echo; read`], { stdio: ['pipe', 'pipe', 'inherit'] });
  scope.teardown(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child.pid ?? -1;
}

t.test('who works in a directory or has a file open below it is named, nobody else', async (t) => {
  const base = directory(t);
  const place = join(base, 'mnt');
  mkdirSync(join(place, 'sub'), { recursive: true });
  mkdirSync(`${place}-beside`);
  writeFileSync(join(place, 'sub/file'), '');
  const there = await staying(t, `cd '${place}'`);
  const open = await staying(t, `exec 5< '${place}/sub/file'`);
  const beside = await staying(t, `cd '${place}-beside'`);
  const holders = holdersOf(place);
  t.same(
    holders.map(({ pid }) => pid).sort((one, other) => one - other),
    [there, open].sort((one, other) => one - other),
  );
  t.notOk(holders.some(({ pid }) => pid === beside));
  t.same([...new Set(holders.map(({ command }) => command))], ['bash']);
});
