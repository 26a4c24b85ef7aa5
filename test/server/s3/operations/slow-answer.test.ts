import t from 'tap';
import { StoreError } from '../../../../lib/errors.js';
import { S3Error } from '../../../../server/s3/errors.js';
import type { S3Request, S3Response } from '../../../../server/s3/operation.js';
import { patiently } from '../../../../server/s3/operations/slow-answer.js';
import { parseXml } from '../../../../server/s3/xml.js';
import { plainDocument } from '../../../../server/s3/xml-write.js';
import { asked } from './asked.js';

const request = { ...asked(), bucket: 'bucket', key: 'a', requestId: 'ID' } as unknown as S3Request;
const SOON = { first: 1, between: 1 };
const DOCUMENT = plainDocument('Done', '<ETag>"e"</ETag>');

/** Everything the body writes; `ready` is called before its third piece. */
async function textOf(answer: S3Response, ready: () => void): Promise<string> {
  const { body } = answer;
  if (typeof body !== 'object' || !('send' in body)) throw new Error('not streamed');
  let pieces = 0;
  let text = '';
  try {
    await body.send((block) => {
      text += Buffer.from(block).toString();
      if (++pieces === 3) ready();
    });
  } finally {
    body.close();
  }
  return text;
}

function later() {
  let done: (text: string) => void = () => {};
  let failed: (error: unknown) => void = () => {};
  const work = new Promise<string>((resolve, reject) => {
    done = resolve;
    failed = reject;
  });
  return { work, done, failed };
}

t.test('what is quick is answered as it is, success and failure', async (t) => {
  t.match(await patiently(request, Promise.resolve(DOCUMENT)), { status: 200, body: DOCUMENT });
  await t.rejects(patiently(request, Promise.reject(new S3Error('NoSuchUpload'))), { code: 'NoSuchUpload' });
});

t.test('what takes long keeps the client waiting with spaces', async (t) => {
  const { work, done } = later();
  const answer = await patiently(request, work, SOON);
  t.match(answer, { status: 200, headers: { 'Content-Type': 'application/xml' } });
  const text = await textOf(answer, () => done(DOCUMENT));
  t.match(text, /^<\?xml [^>]*\?>\n {2,}<Done>/);
  t.equal(parseXml(text, 'Done').textOf('ETag'), '"e"');
});

t.test('a failure comes in the document then', async (t) => {
  const { work, failed } = later();
  const answer = await patiently(request, work, SOON);
  const text = await textOf(answer, () => failed(new StoreError('PreconditionFailed', 'no')));
  const error = parseXml(text, 'Error');
  t.equal(error.textOf('Code'), 'PreconditionFailed');
  t.equal(error.textOf('RequestId'), 'ID');
});

t.test('what nobody meant to throw cuts the answer', async (t) => {
  const { work, failed } = later();
  const answer = await patiently(request, work, SOON);
  await t.rejects(
    textOf(answer, () => failed(new TypeError('bug'))),
    { message: 'bug' },
  );
});
