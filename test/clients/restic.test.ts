import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { digests, lacking, makeTree, place, programNeeded } from './server.js';

const skip = lacking(programNeeded('restic'));

t.test('restic backs up, checks and restores', { skip, timeout: 300_000 }, async (t) => {
  const { run, server, home } = await place(t);
  const tree = join(home, 'tree');
  makeTree(tree);
  const environment = { RESTIC_PASSWORD: 'secret', RESTIC_REPOSITORY: `s3:${server.url}/backups/laptop` };
  const restic = (...parameters: string[]): Promise<string> =>
    run('restic', ['--no-cache', ...parameters], environment);
  await restic('init');
  await restic('backup', tree);
  const first = digests(tree);
  appendFileSync(join(tree, 'hello.txt'), 'more');
  await restic('backup', tree);
  t.match(await restic('check', '--read-data'), 'no errors were found');
  t.match(await restic('snapshots'), '2 snapshots');
  await restic('restore', 'latest', '--target', join(home, 'restored'));
  t.same(digests(join(home, 'restored', tree)), digests(tree));
  const [snapshot] = JSON.parse(await restic('snapshots', '--json')) as { id: string }[];
  await restic('restore', snapshot?.id ?? '', '--target', join(home, 'first'));
  t.same(digests(join(home, 'first', tree)), first);
  await restic('forget', '--keep-last', '1', '--prune');
  t.match(await restic('check'), 'no errors were found');
});
