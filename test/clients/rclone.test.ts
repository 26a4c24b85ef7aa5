import { appendFileSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { digests, lacking, makeTree, place, programNeeded } from './server.js';

const skip = lacking(programNeeded('rclone'));

t.test('rclone', { skip, timeout: 300_000 }, async (t) => {
  const { run, fail, server, store, home } = await place(t);
  const environment = {
    RCLONE_CONFIG: join(home, 'rclone.conf'),
    RCLONE_CONFIG_US_TYPE: 's3',
    RCLONE_CONFIG_US_PROVIDER: 'Other',
    RCLONE_CONFIG_US_ENDPOINT: server.url,
    RCLONE_CONFIG_US_ACCESS_KEY_ID: server.accessKey,
    RCLONE_CONFIG_US_SECRET_ACCESS_KEY: server.secretKey,
    RCLONE_CONFIG_US_REGION: 'us-east-1',
    RCLONE_S3_UPLOAD_CUTOFF: '8M',
    RCLONE_S3_CHUNK_SIZE: '5M',
    RCLONE_RETRIES: '1',
    RCLONE_LOW_LEVEL_RETRIES: '1',
  };
  const rclone = (...parameters: string[]): Promise<string> => run('rclone', parameters, environment);
  writeFileSync(join(home, 'rclone.conf'), '');
  const tree = join(home, 'tree');
  makeTree(tree);

  await t.test('syncs, and finds nothing to do the second time', async (t) => {
    await rclone('mkdir', 'us:clone');
    await rclone('sync', tree, 'us:clone/tree');
    t.same(digests(join(store, 'clone/tree')), digests(tree));
    const log = join(home, 'dry.log');
    await rclone('sync', '--dry-run', '-v', '--log-file', log, tree, 'us:clone/tree');
    const dry = readFileSync(log, 'utf8');
    t.match(dry, 'Checks:', 'it says what it did');
    t.notMatch(dry, 'Skipped');
  });

  await t.test('checks by hash, and sees what was changed on the disk', async (t) => {
    await rclone('check', tree, 'us:clone/tree');
    await rclone('check', '--download', tree, 'us:clone/tree');
    appendFileSync(join(store, 'clone/tree/hello.txt'), 'changed on the disk');
    const said = await fail('env', [
      ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
      'rclone',
      'check',
      tree,
      'us:clone/tree',
    ]);
    t.match(said, 'hello.txt');
  });

  await t.test('syncs back and deletes what is gone', async (t) => {
    rmSync(join(tree, 'many'), { recursive: true });
    utimesSync(join(tree, 'page.html'), 1_500_000_000, 1_500_000_000);
    await rclone('sync', tree, 'us:clone/tree');
    t.same(digests(join(store, 'clone/tree')), digests(tree));
    await rclone('sync', 'us:clone/tree', join(home, 'back'));
    t.same(digests(join(home, 'back')), digests(tree));
  });

  await t.test('copies, moves and purges on the server', async (t) => {
    await rclone('copy', 'us:clone/tree', 'us:clone/second');
    t.same(digests(join(store, 'clone/second')), digests(tree));
    await rclone('moveto', 'us:clone/second/large.bin', 'us:clone/second/moved.bin');
    t.match(await rclone('lsf', 'us:clone/second'), 'moved.bin');
    t.match(await rclone('size', 'us:clone/tree'), 'Total objects: 9');
    await rclone('purge', 'us:clone/second');
    t.equal(await rclone('lsf', 'us:clone'), 'tree/\n');
    t.equal(await rclone('cat', 'us:clone/tree/deep/er/and/deeper.json'), '{}');
  });
});
