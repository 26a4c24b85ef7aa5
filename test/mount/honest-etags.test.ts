/**
 * Objects changed in every way there is, through the mount, over HTTP and on the disk, in an order nobody would think
 * of: an entity tag without a dash is the MD5 of what is served, and no tag is ever served with two contents.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type AnotherProcess, startProcess } from '../lib/os/another-process.js';
import { md5 } from '../system/client.js';
import { lacking } from '../system/disk.js';
import { abort, MODES, mounted, mountNeeded } from './mounted.js';

const STEPS = Number(process.env['BUCKETREE_JUDGE_STEPS'] ?? 400);
const FILES = ['a.txt', 'b.txt', 'c'] as const;

/** The same numbers in every run (Numerical Recipes' generator). */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A shell that answers each line with its exit code. Freed by force when it does not within a minute. */
async function shell(mount: string, directory: string): Promise<AnotherProcess> {
  const script =
    'cd "$1" || exit; echo ready; while read -r line; do eval "$line" > /dev/null 2>&1; echo $?; done';
  const process = await startProcess('bash', '-c', script, 'bash', directory);
  return {
    ask: async (line) => {
      const deadline = setTimeout(() => abort(mount), 60_000);
      try {
        return await process.ask(line);
      } finally {
        clearTimeout(deadline);
      }
    },
    end: () => process.end(),
  };
}

/** What may be done to a file, `$f`; content is `$c`, of one length, so that sizes tell nothing. */
const IN_THE_MOUNT = [
  'printf %s "$c" > "$f"',
  'printf %s "$c" | dd of="$f" conv=notrunc status=none',
  'printf %s "$c" > new && mv new "$f"',
  'mv "$f" "$f~" && printf %s "$c" > "$f" && rm "$f~"',
  'touch -r "$f" ref && printf %s "$c" | dd of="$f" conv=notrunc status=none && touch -r ref "$f"',
  'touch -r "$f" ref && printf %s "$c" > new && touch -r ref new && mv new "$f"',
  'touch -r "$f" ref',
  'touch -r ref "$f"',
  'touch "$f"',
  'touch -d 2001-02-03 "$f"',
  'touch -d tomorrow "$f"',
  'setfattr -n user.s3.meta.x -v "$c" "$f"',
  'setfattr -x user.s3.meta.x "$f"',
  'truncate -s 3 "$f"',
  'printf %s "$c" >> "$f"',
  'cp -p "$f" other && mv other "$f"',
  'for other in a.txt b.txt c; do test "$other" = "$f" || mv -T "$other" "$f"; done',
  'ln -f "$f" other',
  'chmod 640 "$f"',
  'rm "$f"',
];
const ON_THE_DISK = [
  'printf %s "$c" > "$f"',
  'printf %s "$c" | dd of="$f" conv=notrunc status=none',
  'printf %s "$c" > new && mv new "$f"',
  'rm "$f"',
];

for (const mode of MODES) {
  t.test(mode, { timeout: 0, skip: lacking(mountNeeded()) }, async (t) => {
    const mount = await mounted(t, { mode });
    const { client } = mount.server;
    mkdirSync(join(mount.store, 'work'));
    const here = await shell(mount.at, join(mount.at, 'work'));
    const disk = await shell(mount.at, join(mount.store, 'work'));
    const random = numbersFrom(Number(process.env['BUCKETREE_JUDGE_SEED'] ?? 20_261_121));
    const contents = new Map<string, string>();
    const history: string[] = [];
    let wrong = 0;
    const doSomething = async (turn: number, key: string): Promise<string> => {
      const content = `turn ${String(turn).padStart(6, '0')}`;
      const choice = random(20);
      if (choice < 5) {
        const said = random(2) === 0 ? { 'x-amz-meta-x': content } : {};
        return `PUT ${(await client.put('work', key, content, said)).status}`;
      }
      if (choice === 5) return `tags ${(await client.tag('work', key, 'turn', content)).status}`;
      if (choice === 6) return `copy ${(await client.copy('work', key, FILES[random(3)] ?? key)).status}`;
      const onDisk = choice === 7;
      const list = onDisk ? ON_THE_DISK : IN_THE_MOUNT;
      const command = list[random(list.length)] ?? '';
      const code = await (onDisk ? disk : here).ask(`f=${key} c='${content}'; ${command}`);
      return `${onDisk ? 'disk' : 'mount'} ${command}: ${code}`;
    };
    for (let turn = 0; turn < STEPS && wrong < 3; turn++) {
      const changed = FILES[random(FILES.length)] ?? 'c';
      history.push(`${changed} ${await doSomething(turn, changed)}`);
      for (const key of FILES) {
        const { status, etag, text } = await client.get('work', key);
        if (status === 404) continue;
        const known = contents.get(`${key} ${etag}`);
        const stale = etag === undefined || (!etag.includes('-') && etag !== md5(text));
        if (status === 200 && !stale && (known === undefined || known === text)) {
          contents.set(`${key} ${etag}`, text);
          continue;
        }
        wrong++;
        t.fail(
          `turn ${turn}: ${key} is ${status} ${etag}, ${JSON.stringify(text)}, once ${JSON.stringify(known)}`,
          { history: history.slice(-8) },
        );
      }
    }
    t.ok(contents.size > STEPS / 10, `${contents.size} tags were seen`);
    await here.end();
    await disk.end();
  });
}
