/**
 * kill -9 of the server while programs write through its mount: what fsync(2) said is on the disk is there, whole;
 * the next start replaces the dead mount, and serves all of it on both sides. TEST_MOUNT_CRASH_ROUNDS says how often
 * in each mode, TEST_SEED when.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { count, directory, lacking, randomFrom } from '../system/disk.js';
import { launch } from '../system/server.js';
import { MODES, abort, freed, mountNeeded, within } from './mounted.js';

const ROUNDS = count('TEST_MOUNT_CRASH_ROUNDS', 5);
const SEED = count('TEST_SEED', Date.now() % 1_000_000);
const WRITERS = 3;
const DEADLINE = 20_000;

/** Saves new files by rename and grows one in place, both synced, and says what is sure to be on the disk. */
const WRITER = `
const fs = require('node:fs');
const [, directory, name] = process.argv;
const synced = (path, flags, text) => {
  const fd = fs.openSync(path, flags);
  fs.writeSync(fd, text);
  fs.fsyncSync(fd);
  fs.closeSync(fd);
};
const say = (file, size) => fs.writeSync(1, JSON.stringify({ file, size }) + '\\n');
for (let number = 0; ; number += 1) {
  const file = name + '-' + number;
  synced(directory + '/.' + file, 'wx', file.repeat(500));
  fs.renameSync(directory + '/.' + file, directory + '/' + file);
  const parent = fs.openSync(directory, 'r');
  fs.fsyncSync(parent);
  fs.closeSync(parent);
  say(file, file.length * 500);
  synced(directory + '/' + name, 'a', 'line\\n');
  say(name, (number + 1) * 5);
}`;

interface Sure {
  readonly file: string;
  readonly size: number;
}

/** Until its mount is dead. @param begun called with the first that is sure */
async function writer(at: string, name: string, begun: () => void): Promise<Sure[]> {
  const command = ['-u', 'NODE_OPTIONS', process.execPath, '-e', WRITER, join(at, 'crash'), name];
  const child = spawn('env', command, { stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stdout.once('data', begun);
  const deadline = setTimeout(() => {
    abort(at);
    child.kill('SIGKILL');
  }, DEADLINE);
  await once(child, 'close');
  clearTimeout(deadline);
  const whole = said.slice(0, said.lastIndexOf('\n') + 1);
  return whole.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Sure]));
}

function expected({ file, size }: Sure): Buffer {
  return Buffer.alloc(size, /-\d+$/.test(file) ? file : 'line\n');
}

const skip = lacking(mountNeeded());

for (const mode of MODES) {
  t.test(
    `${mode}: what was synced survives kill -9, and the mount is replaced`,
    { skip, timeout: 0 },
    async (t) => {
      const random = randomFrom(SEED);
      const base = directory(t);
      const [store, at] = [join(base, 'store'), join(base, 'mnt')];
      mkdirSync(join(store, 'crash'), { recursive: true });
      mkdirSync(at);
      const atExit = (): void => freed(at);
      process.once('exit', atExit);
      t.teardown(() => {
        freed(at);
        process.off('exit', atExit);
      });
      t.comment(`${ROUNDS} rounds, seed ${SEED}`);
      const flags = ['--mount', at, '--mount-mode', mode];
      const sure = new Map<string, number>();
      for (let round = 0; round <= ROUNDS; round += 1) {
        const server = await launch({ store, flags });
        if (round > 0) t.match(server.log, /lost its server/, `round ${round}: the dead mount is replaced`);
        for (const [file, size] of sure) {
          const content = expected({ file, size });
          const found = readFileSync(join(store, 'crash', file));
          if (!found.subarray(0, size).equals(content)) t.fail(`${file} is not what was synced`);
        }
        if (round === ROUNDS) {
          const [last] = [...sure.keys()].filter((file) => /-\d+$/.test(file)).slice(-1);
          const file = last ?? '';
          const content = expected({ file, size: sure.get(file) ?? 0 }).toString();
          t.equal((await server.client.get('crash', file)).body.toString(), content, 'over S3');
          t.equal((await within({ at }, ['cat', join(at, 'crash', file)])).output, content, 'in the mount');
          const own = join(store, 'crash', '.bucketree', 'tmp');
          t.same(existsSync(own) ? readdirSync(own) : [], [], 'nothing of ours is left');
          t.equal(await server.stop(), 0);
          break;
        }
        let begun: () => void = () => undefined;
        const working = new Promise<void>((resolve) => (begun = resolve));
        const names = Array.from({ length: WRITERS }, (_, number) => `r${round}w${number}`);
        const writers = names.map((name) => writer(at, name, () => begun()));
        await Promise.race([working, ...writers]);
        await new Promise((resolve) => setTimeout(resolve, random() * 600));
        server.process.kill('SIGKILL');
        for (const one of await Promise.all(writers)) for (const { file, size } of one) sure.set(file, size);
        await server.stop('SIGKILL');
      }
      t.ok(sure.size > 0, `${sure.size} files were synced`);
    },
  );
}
