import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { digests, lacking, makeTree, noise, place, programNeeded } from './server.js';

const skip = lacking(programNeeded('aws'));

t.test('aws-cli', { skip, timeout: 600_000 }, async (t) => {
  const { run, fail, server, store, home } = await place(t);
  const aws = (...parameters: string[]): Promise<string> =>
    run('aws', ['--endpoint-url', server.url, ...parameters]);
  makeTree(join(home, 'tree'));
  // Version 1 presigns by SigV2 unless it is told otherwise.
  await run('aws', ['configure', 'set', 'default.s3.signature_version', 's3v4']);

  await t.test('makes a bucket and refuses what is not there', async (t) => {
    await aws('s3', 'mb', 's3://photos');
    t.match(await aws('s3', 'ls'), 'photos');
    t.match(await fail('aws', ['--endpoint-url', server.url, 's3', 'ls', 's3://nowhere']), 'NoSuchBucket');
    t.match(await fail('aws', ['--endpoint-url', server.url, 's3', 'cp', 's3://photos/none', '-']), '404');
  });

  await t.test('copies up and down, one part and many', async (t) => {
    for (const name of ['hello.txt', 'empty.txt', 'large.bin', 'ünï/çødé – 日本.txt']) {
      await aws('s3', 'cp', join(home, 'tree', name), `s3://photos/copied/${name}`, '--metadata', 'a=b');
      t.ok(
        readFileSync(join(store, 'photos/copied', name)).equals(readFileSync(join(home, 'tree', name))),
        `${name} is a plain file`,
      );
      await aws('s3', 'cp', `s3://photos/copied/${name}`, join(home, 'back'));
      t.ok(
        readFileSync(join(home, 'back')).equals(readFileSync(join(home, 'tree', name))),
        `${name} comes back`,
      );
    }
    const head = JSON.parse(
      await aws('s3api', 'head-object', '--bucket', 'photos', '--key', 'copied/large.bin'),
    ) as { ETag: string; Metadata: Record<string, string>; ContentLength: number };
    t.match(head.ETag, /^"[0-9a-f]{32}-3"$/, 'three parts of 8 MiB');
    t.same(head.Metadata, { a: 'b' });
    await aws('s3', 'cp', 's3://photos/copied/large.bin', 's3://photos/copied/again.bin');
    t.ok(
      readFileSync(join(store, 'photos/copied/again.bin')).equals(readFileSync(join(home, 'tree/large.bin'))),
    );
  });

  await t.test('syncs up, and again without a transfer', async (t) => {
    t.match(await aws('s3', 'sync', join(home, 'tree'), 's3://photos/synced'), 'upload: ');
    t.same(digests(join(store, 'photos/synced')), digests(join(home, 'tree')));
    t.equal(await aws('s3', 'sync', join(home, 'tree'), 's3://photos/synced'), '');
    appendFileSync(join(home, 'tree/hello.txt'), 'more\n');
    rmSync(join(home, 'tree/page.html'));
    const said = await aws('s3', 'sync', '--delete', join(home, 'tree'), 's3://photos/synced');
    t.match(said, /upload: .*hello\.txt/);
    t.match(said, /delete: .*page\.html/);
    t.same(digests(join(store, 'photos/synced')), digests(join(home, 'tree')));
  });

  await t.test('syncs down, what was changed on the disk as well', async (t) => {
    writeFileSync(join(store, 'photos/synced/from-the-disk.txt'), 'made on the disk');
    mkdirSync(join(home, 'down'));
    await aws('s3', 'sync', 's3://photos/synced', join(home, 'down'));
    t.same(digests(join(home, 'down')), digests(join(store, 'photos/synced')));
    t.equal(await aws('s3', 'sync', 's3://photos/synced', join(home, 'down')), '');
  });

  await t.test('presigns', async (t) => {
    const url = (await aws('s3', 'presign', 's3://photos/copied/hello.txt')).trim();
    const got = await fetch(url);
    t.equal(got.status, 200);
    t.equal(await got.text(), 'hello\n');
    const other = await fetch(url.replace('hello.txt', 'empty.txt'));
    t.equal(other.status, 403, 'for that key alone');
    const late = (await aws('s3', 'presign', 's3://photos/copied/hello.txt', '--expires-in', '1')).trim();
    await new Promise((resolve) => setTimeout(resolve, 2100));
    t.equal((await fetch(late)).status, 403, 'for that time alone');
  });

  await t.test('drives a multipart upload by hand', async (t) => {
    const api = async (...parameters: string[]): Promise<Record<string, unknown>> =>
      JSON.parse((await aws('s3api', ...parameters, '--bucket', 'photos')) || '{}') as Record<
        string,
        unknown
      >;
    const at = ['--key', 'by/hand.bin'];
    const { UploadId } = await api('create-multipart-upload', ...at, '--content-type', 'x/y');
    const upload = [...at, '--upload-id', String(UploadId)];
    const parts = [noise(5 << 20, 3), noise(6 << 20, 4), noise(10, 5)];
    const etags: { PartNumber: number; ETag: unknown }[] = [];
    for (const [index, content] of parts.entries()) {
      writeFileSync(join(home, 'part'), content);
      const number = index + 1;
      const made = await api(
        'upload-part',
        ...upload,
        '--part-number',
        String(number),
        '--body',
        join(home, 'part'),
      );
      etags.push({ PartNumber: number, ETag: made['ETag'] });
    }
    const listed = (await api('list-parts', ...upload)) as { Parts: { Size: number }[] };
    t.same(
      listed.Parts.map(({ Size }) => Size),
      parts.map(({ length }) => length),
    );
    const uploads = (await api('list-multipart-uploads')) as { Uploads: { Key: string }[] };
    t.same(
      uploads.Uploads.map(({ Key }) => Key),
      ['by/hand.bin'],
    );
    writeFileSync(join(home, 'parts.json'), JSON.stringify({ Parts: etags }));
    await api(
      'complete-multipart-upload',
      ...upload,
      '--multipart-upload',
      `file://${join(home, 'parts.json')}`,
    );
    t.ok(readFileSync(join(store, 'photos/by/hand.bin')).equals(Buffer.concat(parts)));
    const head = await api('head-object', ...at);
    t.equal(head['ContentType'], 'x/y');
  });

  await t.test('tags, removes, and removes the bucket with all that is in it', async (t) => {
    const at = ['--bucket', 'photos', '--key', 'copied/hello.txt'];
    await aws('s3api', 'put-object-tagging', ...at, '--tagging', 'TagSet=[{Key=k,Value=v w}]');
    t.match(await aws('s3api', 'get-object-tagging', ...at), 'v w');
    await aws('s3', 'mv', 's3://photos/copied/hello.txt', 's3://photos/moved/hello.txt');
    t.match(await aws('s3', 'ls', 's3://photos/moved/'), 'hello.txt');
    await aws('s3', 'rm', '--recursive', 's3://photos/many');
    t.match(await aws('s3', 'rb', '--force', 's3://photos'), 'remove_bucket: photos');
    t.notMatch(await aws('s3', 'ls'), 'photos');
  });
});
