import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { digests, lacking, makeTree, place, programNeeded } from './server.js';

const skip = lacking(programNeeded('s3cmd'));

t.test('s3cmd', { skip, timeout: 300_000 }, async (t) => {
  const { run, server, store, home } = await place(t);
  const host = `${server.host}:${server.port}`;
  const lines = {
    access_key: server.accessKey,
    secret_key: server.secretKey,
    host_base: host,
    host_bucket: host,
    use_https: 'False',
    multipart_chunk_size_mb: '5',
    max_retries: '1',
  };
  writeFileSync(
    join(home, 's3cfg'),
    `[default]\n${Object.entries(lines)
      .map(([name, value]) => `${name} = ${value}\n`)
      .join('')}`,
  );
  const s3cmd = (...parameters: string[]): Promise<string> =>
    run('s3cmd', ['-c', join(home, 's3cfg'), '--no-progress', ...parameters]);
  const tree = join(home, 'tree');
  makeTree(tree);

  await t.test('makes a bucket, puts and gets', async (t) => {
    t.match(await s3cmd('mb', 's3://cmd'), 'created');
    await s3cmd('put', join(tree, 'large.bin'), 's3://cmd/large.bin');
    await s3cmd(
      'put',
      '--mime-type=text/html',
      '--add-header=x-amz-meta-a:b',
      join(tree, 'page.html'),
      's3://cmd/page.html',
    );
    t.ok(readFileSync(join(store, 'cmd/large.bin')).equals(readFileSync(join(tree, 'large.bin'))));
    await s3cmd('get', 's3://cmd/large.bin', join(home, 'back'));
    t.ok(readFileSync(join(home, 'back')).equals(readFileSync(join(tree, 'large.bin'))));
  });

  await t.test('informs of objects and buckets', async (t) => {
    const object = await s3cmd('info', 's3://cmd/page.html');
    t.match(object, /File size:\s+15/);
    t.match(object, 'text/html');
    t.match(object, /x-amz-meta-a:\s+b/);
    t.match(await s3cmd('info', 's3://cmd'), /Location:\s+us-east-1/);
    t.match(await s3cmd('ls'), 's3://cmd');
    t.match(await s3cmd('du', 's3://cmd'), '2 objects');
  });

  await t.test('syncs both ways', async (t) => {
    await s3cmd('sync', tree + '/', 's3://cmd/tree/');
    t.same(digests(join(store, 'cmd/tree')), digests(tree));
    t.notMatch(await s3cmd('sync', tree + '/', 's3://cmd/tree/'), 'upload:');
    writeFileSync(join(store, 'cmd/tree/on the disk'), 'made there');
    await s3cmd('sync', 's3://cmd/tree/', join(home, 'down') + '/');
    t.same(digests(join(home, 'down')), digests(join(store, 'cmd/tree')));
  });

  await t.test('copies, moves, deletes', async (t) => {
    await s3cmd('cp', 's3://cmd/page.html', 's3://cmd/copy.html');
    await s3cmd('mv', 's3://cmd/copy.html', 's3://cmd/moved.html');
    t.equal(readFileSync(join(store, 'cmd/moved.html'), 'utf8'), '<h1>hello</h1>\n');
    await s3cmd('del', '--recursive', '--force', 's3://cmd/tree/');
    t.notMatch(await s3cmd('ls', '--recursive', 's3://cmd'), 'tree/');
    await s3cmd('rb', '--recursive', '--force', 's3://cmd');
    t.equal(await s3cmd('ls'), '');
  });
});
