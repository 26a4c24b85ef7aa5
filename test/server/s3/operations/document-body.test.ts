import { createHash } from 'node:crypto';
import t from 'tap';
import type { S3Request } from '../../../../server/s3/operation.js';
import { readDocument, readXml } from '../../../../server/s3/operations/document-body.js';
import { asked } from './asked.js';

function request(text: string, headers: Record<string, string> = {}): S3Request {
  const body = { announcedTrailers: [], size: text.length, buffer: async () => Buffer.from(text) };
  return { ...asked(headers), body } as unknown as S3Request;
}

t.test('a document is what its digest says', async (t) => {
  const md5 = createHash('md5').update('<A/>').digest('base64');
  t.equal(String(await readDocument(request('<A/>', { 'content-md5': md5 }), 'required')), '<A/>');
  await t.rejects(readDocument(request('<B/>', { 'content-md5': md5 }), 'required'), { code: 'BadDigest' });
  await t.rejects(readDocument(request('<A/>'), 'required'), { code: 'InvalidRequest' });
  t.equal(String(await readDocument(request('<A/>'), 'optional')), '<A/>');
});

t.test('a checksum does as well', async (t) => {
  const sha256 = createHash('sha256').update('<A/>').digest('base64');
  await t.resolves(readDocument(request('<A/>', { 'x-amz-checksum-sha256': sha256 }), 'required'));
  await t.rejects(readDocument(request('<A/>', { 'x-amz-checksum-sha256': 'AAAA' }), 'required'), {
    code: 'BadDigest',
  });
});

t.test('XML has the root it must have', async (t) => {
  t.equal((await readXml(request('<A/>'), 'optional', 'A')).name, 'A');
  await t.rejects(readXml(request('<A/>'), 'optional', 'B'), { code: 'MalformedXML' });
  await t.rejects(readXml(request(''), 'optional', 'A'), { code: 'MissingRequestBodyError' });
});
