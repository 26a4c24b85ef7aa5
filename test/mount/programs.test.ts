/** Programs people use every day, on the mount: what they rely on, they check themselves or is checked behind them. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { lacking, programNeeded } from '../system/disk.js';
import { MODES, mounted, mountNeeded, script, within } from './mounted.js';

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));
const PROCESSES = fileURLToPath(new URL('../../../test/mount/two-processes.py', import.meta.url));

for (const mode of MODES) {
  t.test(mode, { timeout: 0, skip: lacking(mountNeeded()) }, async (t) => {
    const mount = await mounted(t, { mode });
    mkdirSync(join(mount.store, 'work'));
    const needs = (...programs: readonly string[]): { skip: string | false; timeout: number } => ({
      skip: lacking(...programs.map(programNeeded)),
      timeout: 0,
    });

    t.test('a git repository is cloned, whole and clean', needs('git'), async (t) => {
      const { code, output } = await script(
        mount,
        `cd "$1/work"
         git clone -q "file://${REPOSITORY}" repository
         git -C repository fsck --strict
         test -z "$(git -C repository status --porcelain)"
         git -C repository -c user.name=a -c user.email=a@b commit -q --allow-empty -m x
         git -C repository gc -q`,
        { milliseconds: 300_000, environment: { GIT_CONFIG_GLOBAL: '/dev/null' } },
      );
      t.equal(code, 0, output);
    });

    t.test(
      'rsync -aHAX has nothing to send the second time',
      needs('rsync', 'setfattr', 'setfacl'),
      async (t) => {
        const { code, output } = await script(
          mount,
          `from=$(mktemp -d) && cd "$from"
         mkdir -p a/b empty && echo hello > a/file && ln a/file a/b/link && ln -s ../nowhere a/dangling
         mkfifo pipe && truncate -s 5M sparse && echo end >> sparse && chmod 640 a/file && chmod 2775 a/b
         setfattr -n user.colour -v blue a/file && setfacl -m u:daemon:r a/file && setfacl -d -m g:daemon:rx a/b
         touch -d '1999-12-31 23:59:59.123456789' a/file && touch -h -d '2001-01-01' a/dangling
         printf x > "$(printf 'not\\377utf8')" && chown 1:2 a/b/link
         find . -depth -not -type l -exec touch -d '2020-02-02 02:02:02.020202020' {} +
         rsync -aHAX "$from/" "$1/work/copy/"
         rsync -aHAXi "$from/" "$1/work/copy/"
         diff <(cd "$from" && find . -printf '%p %s %m %U %G %T@ %n %l\\n' | sort) \\
           <(cd "$1/work/copy" && find . -printf '%p %s %m %U %G %T@ %n %l\\n' | sort)
         rm -r "$from"`,
        );
        t.same({ code, output }, { code: 0, output: '' });
      },
    );

    t.test('tar packs and unpacks, cp keeps holes', needs('tar'), async (t) => {
      const { code, output } = await script(
        mount,
        `from=$(mktemp -d) && cd "$from"
         for d in 1 2 3; do mkdir -p "d$d/e" && head -c 100000 /dev/urandom > "d$d/e/f" && ln "d$d/e/f" "d$d/g"; done
         tar cf "$from.tar" . && mkdir "$1/work/unpacked" && tar xf "$from.tar" -C "$1/work/unpacked"
         tar df "$from.tar" -C "$1/work/unpacked"
         truncate -s 64M "$from/sparse" && echo middle | dd of="$from/sparse" bs=1M seek=32 conv=notrunc status=none
         cp -a --sparse=always "$from/sparse" "$1/work/sparse" && cmp "$from/sparse" "$1/work/sparse"
         cp -a --sparse=auto "$1/work/sparse" "$1/work/sparse2" && cmp "$from/sparse" "$1/work/sparse2"
         test "$(du -k "$1/work/sparse" | cut -f1)" -lt 1024
         test "$(du -k "$1/work/sparse2" | cut -f1)" -lt 1024
         rm -r "$from" "$from.tar"`,
      );
      t.same({ code, output }, { code: 0, output: '' });
    });

    for (const journal of ['wal', 'delete']) {
      t.test(`four processes share a database, journal ${journal}`, needs('sqlite3'), async (t) => {
        const { code, output } = await script(
          mount,
          `db="$1/work/${journal}.db"
           sqlite3 "$db" 'pragma journal_mode=${journal}; create table t (who, what);' > /dev/null
           for who in 1 2 3 4; do
             (for what in $(seq 50); do
               sqlite3 -cmd '.timeout 60000' "$db" "insert into t values ($who, $what)" || exit 1
             done) & eval "pid$who=$!"
           done
           wait $pid1 && wait $pid2 && wait $pid3 && wait $pid4
           sqlite3 "$db" 'pragma integrity_check; select count(*) from t;'`,
          { milliseconds: 240_000 },
        );
        t.same({ code, output }, { code: 0, output: 'ok\n200\n' });
      });
    }

    for (const what of ['flock', 'fcntl', 'ofd', 'mapping', 'append']) {
      t.test(`two processes agree: ${what}`, needs('python3'), async (t) => {
        const file = join(mount.at, 'work', `shared-${what}`);
        const { code, output } = await within(mount, ['python3', PROCESSES, what, file]);
        t.same({ code, output }, { code: 0, output: '' });
      });
    }

    t.test('sed -i, mv, and a shell that appends', needs('sed'), async (t) => {
      const { code, output } = await script(
        mount,
        `cd "$1/work" && printf 'one\\ntwo\\n' > text && sed -i s/one/1/ text && echo three >> text
         mkdir -p deep/er && mv text deep/er/moved && mv deep shallow && cat shallow/er/moved
         rm -r shallow && test ! -e shallow`,
      );
      t.same({ code, output }, { code: 0, output: '1\ntwo\nthree\n' });
    });

    t.test('tail -f shows what is appended over HTTP', needs('tail'), async (t) => {
      const { client } = mount.server;
      await client.put('work', 'log', 'first\n');
      const following = within(
        mount,
        ['timeout', '7', 'tail', '-n', '+1', '-f', '--pid', '1', join(mount.at, 'work/log')],
        {
          milliseconds: 30_000,
        },
      );
      for (const [offset, line] of [
        [6, 'second\n'],
        [13, 'third\n'],
      ] as const) {
        await new Promise((resolve) => setTimeout(resolve, 1500));
        const { status, text } = await client.put('work', 'log', line, {
          'x-amz-write-offset-bytes': String(offset),
        });
        t.equal(status, 200, text);
      }
      const { output } = await following;
      t.equal(output, 'first\nsecond\nthird\n');
    });

    t.test('a file is on the web once it is saved, and a PUT is a file', async (t) => {
      const { client } = mount.server;
      await script(mount, `mkdir -p "$1/work/d" && echo saved > "$1/work/d/page.html"`);
      const got = await client.get('work', 'd/page.html');
      t.same([got.status, got.text, got.headers['content-type']], [200, 'saved\n', 'text/html']);
      await client.put('work', 'd/page.html', 'over HTTP\n');
      const { output } = await script(mount, `cat "$1/work/d/page.html"; stat -c %s "$1/work/d/page.html"`);
      t.equal(output, 'over HTTP\n10\n');
      await client.delete('work', 'd/page.html');
      t.equal((await script(mount, `ls -A "$1/work/d" 2>&1 | grep -c page || true`)).output, '0\n');
    });

    t.test('what the store keeps for itself is not there', async (t) => {
      writeFileSync(join(mount.store, 'work', 'plain'), 'x');
      await mount.server.client.put('work', 'with', 'metadata', { 'x-amz-meta-a': 'b' });
      const { output } = await script(
        mount,
        `ls -A "$1" "$1/work" | grep -Fx .bucketree || echo none
         ls "$1/work/.bucketree" "$1/.bucketree" 2>&1 | grep -c 'No such file'
         mkdir "$1/work/.bucketree" 2>/dev/null || echo refused`,
      );
      t.equal(output, 'none\n2\nrefused\n');
      t.ok(statSync(join(mount.store, 'work/.bucketree')).isDirectory(), 'but it is on the disk');
      t.equal(readFileSync(join(mount.store, 'work/plain'), 'utf8'), 'x');
    });
  });
}
