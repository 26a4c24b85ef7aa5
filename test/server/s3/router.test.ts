import t from 'tap';
import type { Operation } from '../../../server/s3/operation.js';
import { createRouter } from '../../../server/s3/router.js';
import { MODEL } from '../../../server/s3/rows.js';
import { parseTarget } from '../../../server/s3/target.js';

const route = createRouter(MODEL);
const ask = (method: string, raw: string, headers: Record<string, string> = {}): string =>
  route(method, parseTarget(raw, 'localhost', []), headers).name;

/** The request a row is for, from its own selectors. */
function requestOf(row: Operation): [string, string, Record<string, string>] {
  const path = row.path ?? { service: '/', bucket: '/b', object: '/b/k' }[row.resource];
  const query = [row.subresource, row.parameter].filter((part) => part !== undefined).join('&');
  const headers = row.header === undefined ? {} : { [row.header]: '/b/source' };
  return [row.method, query === '' ? path : `${path}?${query}`, headers];
}

t.test('each of the 112 operations is reached by its request, and none by another', async (t) => {
  let reached = 0;
  for (const row of MODEL) {
    const [method, raw, headers] = requestOf(row);
    t.equal(ask(method, raw, headers), row.name);
    const separator = raw.includes('?') ? '&' : '?';
    t.equal(ask(method, `${raw}${separator}x-id=${row.name}&X-Amz-Date=1`, headers), row.name);
    reached += 1;
  }
  t.equal(reached, 112);
});

t.test('the AWS SDK for JavaScript: a slash behind the bucket, = behind the sub-resource', async (t) => {
  t.equal(ask('POST', '/b/?delete='), 'DeleteObjects');
  t.equal(ask('GET', '/b/?list-type=2&prefix=x'), 'ListObjectsV2');
  t.equal(ask('GET', '/b/?uploads='), 'ListMultipartUploads');
  t.equal(ask('PUT', '/b/k?partNumber=1&uploadId=u&x-id=UploadPart'), 'UploadPart');
  t.equal(ask('GET', '/b/k?x-id=GetObject&response-content-type=a&versionId=v&partNumber=1'), 'GetObject');
});

t.test('no sub-resource of one operation ever runs its neighbour', async (t) => {
  const subresources = new Set(MODEL.flatMap((row) => row.subresource ?? []));
  const plain = new Set(MODEL.filter((row) => row.subresource === undefined).map((row) => row.name));
  for (const name of [...subresources, 'unheard-of', 'partNumber', 'id']) {
    for (const method of ['GET', 'HEAD', 'PUT', 'POST', 'DELETE']) {
      for (const path of ['/b', '/b/k']) {
        for (const query of [`${name}`, `${name}=`, `${name}=1`]) {
          const harmless = method === 'GET' || method === 'HEAD';
          const ignored =
            harmless && (name === 'partNumber' || (!subresources.has(name) && query.endsWith('=1')));
          let found: string | undefined;
          try {
            found = ask(method, `${path}?${query}`);
          } catch {
            continue;
          }
          if (!ignored) t.notOk(plain.has(found), `${method} ${path}?${query} is ${found}`);
        }
      }
    }
  }
});

t.test('an unknown name is refused on writes and without a value, ignored on reads with one', async (t) => {
  const refused = { code: 'NotImplemented' };
  t.throws(() => ask('PUT', '/b/k?futureThing'), refused);
  t.throws(() => ask('DELETE', '/b?futureThing=1'), refused);
  t.throws(() => ask('GET', '/b/k?futureThing'), refused);
  t.throws(
    () => ask('DELETE', '/b?prefix=x'),
    refused,
    'a parameter of listing does not soften DeleteBucket',
  );
  t.throws(() => ask('PUT', '/b/k?uploadId=u'), refused);
  t.throws(() => ask('PUT', '/b/k?partNumber=1'), refused);
  t.equal(ask('GET', '/b/k?cache-buster=7'), 'GetObject');
  t.equal(ask('DELETE', '/b/k?versionId=null'), 'DeleteObject');
});

t.test('presigned requests of either version are ordinary requests', async (t) => {
  t.equal(
    ask('PUT', '/b/k?X-Amz-Algorithm=a&X-Amz-Signature=s&x-amz-checksum-crc32=AAAAAA%3D%3D'),
    'PutObject',
  );
  t.equal(ask('GET', '/b/k?AWSAccessKeyId=a&Expires=1&Signature=s'), 'GetObject');
  t.equal(
    ask('PUT', '/b/k?x-amz-copy-source=/b/s&X-Amz-Signature=s'),
    'CopyObject',
    'a header put into the query',
  );
});

t.test('two sub-resources at once are a mistake', async (t) => {
  t.throws(() => ask('GET', '/b?acl&policy'), { code: 'InvalidArgument', message: /acl, policy/ });
});

t.test('methods that make no sense here', async (t) => {
  t.throws(() => ask('PUT', '/'), { code: 'MethodNotAllowed' });
  t.throws(() => ask('PATCH', '/b/k'), { code: 'MethodNotAllowed' });
  t.throws(() => ask('POST', '/b/k'), { code: 'MethodNotAllowed' });
  t.throws(() => ask('POST', '/'), { code: 'NotImplemented' });
  t.throws(() => ask('POST', '/b'), { code: 'NotImplemented', message: /PostObject/ });
  t.throws(() => ask('OPTIONS', '/b/k'), { code: 'NotImplemented', message: /Preflight/ });
});
