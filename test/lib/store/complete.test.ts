import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync, mkdirSync, chmodSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { md5Of } from './md5-of.js';
import type { UploadId } from '../../../lib/names.js';
import { lockRange } from '../../../lib/os/range-lock.js';
import { closeFd } from '../../../lib/os/open.js';
import type { Bucket } from '../../../lib/store/bucket.js';
import { completeUpload } from '../../../lib/store/complete.js';
import { infoOf, inspect } from '../../../lib/store/inspect.js';
import type { ObjectInfo, PartInfo } from '../../../lib/store/model.js';
import { claimPart, commitPart, dropClaim } from '../../../lib/store/parts.js';
import { close } from '../../../lib/store/publish.js';
import { abortUpload, createUpload, findUpload } from '../../../lib/store/uploads.js';
import { startNode } from '../os/another-process.js';
import { bucketIn, key } from './bucket-in.js';
import { ANY_SIZE, completion, creation, fill, received, upload } from './multipart.js';

const KEY = key('2026/film.bin');

function head(bucket: Bucket, name = KEY): ObjectInfo | undefined {
  const found = inspect(bucket, name);
  close(found);
  return found === undefined ? undefined : infoOf(name, found);
}

function content(bucket: Bucket, name: string = KEY): string {
  return readFileSync(`${bucket.directory}/${name}`, 'utf8');
}

function ownFiles(bucket: Bucket, id: UploadId): string[] {
  const path = `${bucket.directory}/.bucketree/uploads/${id}`;
  return existsSync(path) ? readdirSync(path).sort() : [];
}

async function three(bucket: Bucket, ...texts: readonly string[]): Promise<{ id: UploadId; parts: PartInfo[] }> {
  const { id } = await createUpload(bucket, KEY, creation());
  const parts: PartInfo[] = [];
  for (const [at, text] of texts.entries()) parts.push(await upload(bucket, KEY, id, at + 1, text));
  return { id, parts };
}

t.test('parts in their slots become the object by a rename: it is the file they were written to', async (t) => {
  const bucket = bucketIn(t);
  const { id, parts } = await three(bucket, 'aaaa', 'bbbb', 'cc');
  const { ino } = statSync(`${bucket.directory}/.bucketree/uploads/${id}/content`);
  const info = await completeUpload(bucket, KEY, id, completion(parts), ANY_SIZE);
  t.equal(content(bucket), 'aaaabbbbcc');
  t.equal(statSync(`${bucket.directory}/${KEY}`).ino, ino);
  t.match(info, { key: KEY, size: 10, parts: [{ number: 1, size: 4 }, { size: 4 }, { number: 3, size: 2 }] });
  const md5s = Buffer.from(['aaaa', 'bbbb', 'cc'].map(md5Of).join(''), 'hex');
  t.equal(info.etag, `${createHash('md5').update(md5s).digest('hex')}-3`);
  t.same(head(bucket), info, 'and HEAD says what Complete said');
  t.same(info.checksums, [{ algorithm: 'CRC64NVME', type: 'FULL_OBJECT', value: received(Buffer.from('aaaabbbbcc')).checksums[0]?.value }]);
});
