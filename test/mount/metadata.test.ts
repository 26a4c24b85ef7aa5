/** What S3 says of an object and what programs see and change of it in the mount, beside each other. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Answer } from '../system/client.js';
import { directory, lacking, programNeeded } from '../system/disk.js';
import { MODES, mounted, mountNeeded, script } from './mounted.js';

const SAID = {
  'content-type': 'text/x-mine',
  'cache-control': 'no-cache',
  'x-amz-meta-colour': 'blue',
  'x-amz-tagging': 'project=x%20y',
  'x-amz-storage-class': 'GLACIER',
};
const LISTED = [
  'user.s3.cache-control="no-cache"',
  'user.s3.content-type="text/x-mine"',
  'user.s3.meta.colour="blue"',
  'user.s3.storage-class="GLACIER"',
  'user.s3.tag.project="x y"',
].join('\n');

/** What of SAID an answer still says. */
function said({ headers }: Answer): Record<string, unknown> {
  return {
    'content-type': headers['content-type'],
    'cache-control': headers['cache-control'],
    'x-amz-meta-colour': headers['x-amz-meta-colour'],
    'x-amz-tagging-count': headers['x-amz-tagging-count'],
    'x-amz-storage-class': headers['x-amz-storage-class'],
  };
}

const KEPT = {
  'content-type': 'text/x-mine',
  'cache-control': 'no-cache',
  'x-amz-meta-colour': 'blue',
  'x-amz-tagging-count': '1',
  'x-amz-storage-class': 'GLACIER',
};

for (const mode of MODES) {
  t.test(mode, { timeout: 0, skip: lacking(mountNeeded()) }, async (t) => {
    const mount = await mounted(t, { mode });
    const { client } = mount.server;
    mkdirSync(join(mount.store, 'work'));
    const sh = (text: string) => script(mount, `cd "$1/work"\n${text}`);
    const needs = (...programs: readonly string[]): { skip: string | false; timeout: number } => ({
      skip: lacking(...programs.map(programNeeded)),
      timeout: 0,
    });
    const fresh = async (key: string): Promise<Answer> => {
      await client.delete('work', key);
      return client.put('work', key, 'before\n', SAID);
    };

    t.test('getfattr shows what is stored, and what is computed when asked', needs('getfattr'), async (t) => {
      const { etag } = await fresh('a.txt');
      const { output } = await sh(
        'getfattr -d a.txt | tail -n +2; getfattr --only-values -n user.s3.etag a.txt',
      );
      t.equal(output, `${LISTED}\n\n${etag}`);
      writeFileSync(join(mount.store, 'work', 'page.html'), '<p>');
      const plain = await sh(
        'getfattr -d page.html; getfattr --only-values -n user.s3.content-type page.html',
      );
      t.equal(plain.output, 'text/html');
    });

    t.test('setfattr changes what HTTP serves at once', needs('setfattr'), async (t) => {
      const { etag } = await fresh('a.txt');
      for (const value of ['red', 'green', 'two words', '']) {
        const { code, output } = await sh(`setfattr -n user.s3.meta.colour -v '${value}' a.txt`);
        t.same({ code, output }, { code: 0, output: '' });
        const now = await client.head('work', 'a.txt');
        t.same([now.headers['x-amz-meta-colour'], now.etag], [value, etag]);
      }
      await sh(
        `setfattr -x user.s3.tag.project a.txt; setfattr -x user.s3.content-type a.txt
         setfattr -n user.s3.tag.new -v 1 a.txt; setfattr -n user.s3.tag.newer -v 2 a.txt`,
      );
      const now = await client.head('work', 'a.txt');
      t.match(now.headers, { 'content-type': 'text/plain', 'x-amz-tagging-count': '2' });
      t.equal(now.etag, etag);
      await client.tag('work', 'a.txt', 'by', 'http');
      const { output } = await sh(`getfattr -d a.txt | grep tag`);
      t.equal(output, 'user.s3.tag.by="http"\n');
    });

    t.test(
      'what S3 would not take is refused, and so is what is computed or ours',
      needs('setfattr'),
      async (t) => {
        const before = await fresh('a.txt');
        const { output } = await sh(
          `export LC_ALL=C
         setfattr -n user.s3.meta.big -v "$(printf %2048s x)" a.txt 2>&1 || true
         setfattr -n user.s3.meta.Upper -v x a.txt 2>&1 || true
         setfattr -n user.s3.tag.aws:x -v x a.txt 2>&1 || true
         setfattr -n user.s3.etag -v x a.txt 2>&1 || true
         setfattr -n user.bucketree -v x a.txt 2>&1 || true
         setfattr -x user.bucketree a.txt 2>&1 || true
         getfattr -n user.bucketree a.txt 2>&1 || true`,
        );
        t.equal(
          output,
          [
            ...Array.from({ length: 3 }, () => 'setfattr: a.txt: Invalid argument'),
            ...Array.from({ length: 3 }, () => 'setfattr: a.txt: Operation not permitted'),
            'a.txt: user.bucketree: No such attribute',
            '',
          ].join('\n'),
        );
        const now = await client.head('work', 'a.txt');
        t.same([said(now), now.etag], [KEPT, before.etag]);
      },
    );

    const saves: readonly (readonly [string, string, string])[] = [
      [
        'vim',
        'vim',
        `timeout 30 vim -es -u NONE -i NONE -N -c 'set backupskip=' -c '%s/before/after/' -c wq f.txt < /dev/null`,
      ],
      [
        'vim that moves the old file away',
        'vim',
        `timeout 30 vim -es -u NONE -i NONE -N -c 'set backupskip= backupcopy=no' -c '%s/before/after/' -c wq f.txt < /dev/null`,
      ],
      [
        'vim that keeps a backup',
        'vim',
        `timeout 30 vim -es -u NONE -i NONE -N -c 'set backupskip= backup' -c '%s/before/after/' -c wq f.txt < /dev/null; rm f.txt~`,
      ],
      ['sed -i', 'sed', 'sed -i s/before/after/ f.txt'],
      ['mv', 'mv', 'echo after > new && mv new f.txt'],
      [
        'rsync',
        'rsync',
        'd=$(mktemp -d) && echo after > "$d/f.txt" && rsync -a "$d/f.txt" f.txt && rm -r "$d"',
      ],
      ['a shell, in place', 'sh', 'echo after > f.txt'],
    ];
    for (const [name, program, command] of saves) {
      t.test(`a save keeps what was said of the object: ${name}`, needs(program), async (t) => {
        const { etag } = await fresh('f.txt');
        const { code, output } = await sh(command);
        t.same({ code, output }, { code: 0, output: '' });
        const now = await client.get('work', 'f.txt');
        t.equal(now.text, 'after\n');
        t.same(said(now), KEPT);
        t.match(now.etag, /-1$/);
        t.not(now.etag, etag);
        t.equal((await sh('getfattr -d f.txt | tail -n +2')).output, `${LISTED}\n\n`);
        t.same(
          (await client.list('work', { prefix: 'f.txt' })).objects.map(({ key }) => key),
          ['f.txt'],
        );
      });
    }

    t.test(
      'touch and rsync -t keep the MD5, an edit with its time put back does not',
      needs('rsync'),
      async (t) => {
        const { etag } = await fresh('f.txt');
        for (const command of [
          'touch f.txt',
          'touch -d 2001-02-03T04:05:06.123456789Z f.txt',
          'd=$(mktemp -d) && cp f.txt "$d" && touch -d 2002-01-01 "$d/f.txt" && rsync -tc "$d/f.txt" . && rm -r "$d"',
          'chmod 600 f.txt && chown 1:1 f.txt',
          'touch f.txt',
        ]) {
          const { code, output } = await sh(command);
          t.same({ code, output }, { code: 0, output: '' }, command);
          t.equal((await client.head('work', 'f.txt')).etag, etag, command);
        }
        await sh(
          'touch -r f.txt ref && printf BEFORE | dd of=f.txt conv=notrunc status=none && touch -r ref f.txt',
        );
        const now = await client.head('work', 'f.txt');
        t.not(now.etag, etag);
        t.same(said(now), KEPT);
      },
    );

    t.test(
      'rsync, cp and tar bring attributes along, and converge',
      needs('rsync', 'setfattr', 'tar'),
      async (t) => {
        const from = directory(t);
        const { code, output } = await script(
          mount,
          `cd '${from}' && mkdir -p tree/deep && echo one > tree/one.txt && echo two > tree/deep/two.bin
         ln tree/one.txt tree/deep/link
         setfattr -n user.s3.content-type -v text/x-one tree/one.txt
         setfattr -n user.s3.meta.colour -v blue tree/one.txt
         setfattr -n user.s3.tag.project -v 'x y' tree/deep/two.bin
         setfattr -n user.other -v 1 tree/deep/two.bin
         setfattr -n user.s3.meta.of -v directory tree/deep
         rsync -aHAX tree "$1/work/"
         rsync -aHAXi tree "$1/work/"
         cp -a tree "$1/work/copied"
         rsync -aHAXi tree/ "$1/work/copied/"
         tar --xattrs --xattrs-include='user.*' -cf tree.tar -C tree .
         mkdir "$1/work/unpacked" && tar --xattrs --xattrs-include='user.*' -xf tree.tar -C "$1/work/unpacked"
         rsync -aHAXi tree/ "$1/work/unpacked/"
         cp -a "$1/work/tree" back
         rsync -aHAXi back/ tree/`,
        );
        t.same({ code, output }, { code: 0, output: '' });
        for (const tree of ['tree', 'copied', 'unpacked']) {
          const one = await client.head('work', `${tree}/one.txt`);
          t.match(one.headers, { 'content-type': 'text/x-one', 'x-amz-meta-colour': 'blue' }, tree);
          const link = await client.head('work', `${tree}/deep/link`);
          t.match(link.headers, { 'x-amz-meta-colour': 'blue' }, 'all names of a file share them');
          const two = await client.head('work', `${tree}/deep/two.bin`);
          t.match(two.headers, { 'x-amz-tagging-count': '1' }, tree);
          const deep = await client.head('work', `${tree}/deep/`);
          t.match(deep.headers, { 'x-amz-meta-of': 'directory' }, tree);
        }
      },
    );

    t.test('directories at the top are buckets', { timeout: 0 }, async (t) => {
      const buckets = async (): Promise<string[]> =>
        [...(await client.ask('GET', '')).text.matchAll(/<Name>([^<]*)/g)].map(([, name]) => name ?? '');
      const top = (text: string) => script(mount, `cd "$1"\n${text}`);
      t.same(await top('mkdir made && echo x > made/file'), { code: 0, output: '' });
      t.same(await buckets(), ['made', 'work']);
      t.equal((await client.get('made', 'file')).text, 'x\n');
      const refused = await top(
        `export LC_ALL=C
         for d in 'Camera Roll' ab .bucketree; do mkdir "$d" 2>&1 || true; done
         rmdir made 2>&1 || true
         touch file 2>&1 || true
         mv made work/ 2>&1 || true
         mkdir work/inner && mv work/inner . 2>&1 || true`,
      );
      t.match(refused.output, /mkdir: .*Camera Roll.*: Invalid argument/);
      t.match(refused.output, /mkdir: .*ab.*: Invalid argument/);
      t.match(refused.output, /rmdir: .*made.*: Directory not empty/);
      t.match(refused.output, /touch: .*file.*: Operation not permitted/);
      t.match(refused.output, /mv: .*made.*: Operation not permitted/);
      t.match(refused.output, /mv: .*inner.*: Operation not permitted/);
      t.match(mount.server.log, /Camera Roll.* cannot be a directory at the top/);
      t.same(await buckets(), ['made', 'work']);
      t.same(await top('mv made renamed && cat renamed/file && echo y > renamed/other'), {
        code: 0,
        output: 'x\n',
      });
      t.same(await buckets(), ['renamed', 'work']);
      t.equal((await client.get('renamed', 'other')).text, 'y\n');
      t.equal((await client.get('made', 'file')).status, 404);
      t.same(await top('rm renamed/* && rmdir renamed && test ! -e renamed'), { code: 0, output: '' });
      t.same(await buckets(), ['work']);
      t.equal((await client.makeBucket('by-http')).status, 200);
      t.same(await top('test -d by-http && echo z > by-http/file && rm by-http/file'), {
        code: 0,
        output: '',
      });
      t.equal((await client.ask('DELETE', 'by-http')).status, 204);
      t.same(await top('test ! -e by-http'), { code: 0, output: '' });
    });

    t.test(
      'directories that only held keys stay in the mount, and do not list',
      { timeout: 0 },
      async (t) => {
        const keys = async (): Promise<string[]> =>
          (await client.list('work', { prefix: 'implicit/' })).objects.map(({ key }) => key);
        await client.put('work', 'implicit/a/one', '1');
        await client.put('work', 'implicit/b/two', '2');
        t.same(await sh('rm implicit/a/one && test -d implicit/a && mkdir implicit/b/mine'), {
          code: 0,
          output: '',
        });
        t.same(await keys(), ['implicit/b/mine/', 'implicit/b/two']);
        t.same(await sh('echo again > implicit/a/one && rm -r implicit/b'), { code: 0, output: '' });
        t.same(await keys(), ['implicit/a/one']);
        t.same(await sh('rm implicit/a/one && chmod 750 implicit/a'), { code: 0, output: '' });
        t.same(await keys(), ['implicit/a/'], 'until somebody wants the directory itself');
        await client.put('work', 'implicit/object/', '', { 'x-amz-meta-colour': 'blue' });
        t.equal(
          (await sh('getfattr -d implicit/object | tail -n +2')).output,
          'user.s3.meta.colour="blue"\n\n',
        );
        t.same(await sh('rmdir implicit/object && rm -r implicit'), { code: 0, output: '' });
        t.same(await keys(), []);
        t.equal((await client.head('work', 'implicit/object/')).status, 404);
      },
    );
  });
}
