/**
 * GETs while another process rewrites the object in place through the mount, by write(2) or through a mapping, or on
 * the disk behind it: a body that mixes two contents is never answered whole. TEST_MOUNT_TORN says how many GETs
 * there are in all, TEST_MOUNT_TORN_KIBIBYTES how big the object is.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { Client } from '../system/client.js';
import { count, lacking, programNeeded } from '../system/disk.js';
import { meet, rewriter, type Writer } from '../system/torn-judge.js';
import { MODES, abort, mounted, mountNeeded } from './mounted.js';

const TRIES = count('TEST_MOUNT_TORN', 300);
const SIZE = count('TEST_MOUNT_TORN_KIBIBYTES', 1536) << 10;
const FIRST = Buffer.from('at first');
/** Milliseconds between two generations: about what a GET takes. */
const PAUSE = 4;

const WRITERS: readonly (readonly [Writer, 'at' | 'store', string])[] = [
  ['small', 'at', 'many small writes through the mount'],
  ['restore', 'at', 'writes through the mount that put the old mtime back'],
  ['mapping', 'at', 'stores through a mapping in the mount whose descriptor is closed'],
  ['small', 'store', 'many small writes on the disk'],
  ['mapping', 'store', 'stores through a mapping of the file on the disk'],
];

/** Resolves when what is answered is not what was there at first. */
async function begun(client: Client, key: string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const { status, body } = await client.get('torn', key, { headers: { range: 'bytes=0-7' } });
    if (status === 206 && !body.equals(FIRST)) return;
    await sleep(100);
  }
  throw new Error('nobody rewrites the object');
}

for (const mode of MODES) {
  t.test(
    `${mode}: no torn body is answered whole`,
    { skip: lacking(mountNeeded(), programNeeded('python3')), timeout: 0 },
    async (t) => {
      const mount = await mounted(t, { mode });
      mkdirSync(join(mount.store, 'torn'));
      for (const [writer, side, words] of WRITERS) {
        await t.test(words, { timeout: 0 }, async (t) => {
          const key = `${writer}-${side}`;
          writeFileSync(join(mount.store, 'torn', key), Buffer.alloc(SIZE, FIRST));
          const file = join(mount[side], 'torn', key);
          const stop = rewriter(t, writer, file, SIZE, PAUSE, () => abort(mount.at));
          await begun(mount.server.client, key);
          const tries = Math.ceil(TRIES / (MODES.length * WRITERS.length));
          const outcome = await meet(mount.server.client, key, SIZE, tries);
          t.comment(JSON.stringify(outcome));
          t.equal(outcome.torn, 0, 'none was a mixture');
          t.equal(outcome.short, 0, 'none was of another length');
          await stop();
          // Whatever was cut or refused meanwhile: when nobody writes any more it is there.
          const last = await meet(mount.server.client, key, SIZE, 1);
          t.equal(last.whole, 1, 'the last one is whole');
        });
      }
    },
  );
}
