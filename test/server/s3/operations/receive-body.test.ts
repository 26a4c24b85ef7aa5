import t from 'tap';
import { S3Error } from '../../../../server/s3/errors.js';
import { MAX_BODY, checkChecksum, prepareIntake } from '../../../../server/s3/operations/receive-body.js';
import { serve } from '../serve.js';
import { asked } from './asked.js';

t.test('what can be refused before the body comes is', async (t) => {
  const intake = (size: number, headers = {}) => {
    const request = asked(headers);
    return () => prepareIntake({ ...request, body: { ...request.body, size } as never });
  };
  t.doesNotThrow(intake(MAX_BODY));
  t.throws(intake(MAX_BODY + 1), { code: 'EntityTooLarge' });
  t.throws(intake(1, { 'content-md5': 'x' }), { code: 'InvalidDigest' });
});

t.test('a checksum that does not fit is a bad digest', async (t) => {
  t.doesNotThrow(() => checkChecksum('CRC32', ' AAAAAA== ', 'AAAAAA=='));
  t.throws(
    () => checkChecksum('CRC32', 'bad', 'AAAAAA=='),
    new S3Error('BadDigest', { message: 'The CRC32 you specified did not match the calculated checksum.' }),
  );
});

t.test('a checksum in the trailer is held to the body', async (t) => {
  const { ask } = await serve(t);
  const send = (value: string) =>
    ask({
      method: 'PUT',
      path: '/bucket/k',
      payloadHash: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      headers: {
        'content-encoding': 'aws-chunked',
        'x-amz-decoded-content-length': '5',
        'x-amz-trailer': 'x-amz-checksum-crc32',
      },
      body: `5\r\nhello\r\n0\r\nx-amz-checksum-crc32:${value}\r\n\r\n`,
    });
  t.match(await send('NhCmhg=='), { status: 200, headers: { 'x-amz-checksum-crc32': 'NhCmhg==' } });
  const refused = await send('AAAAAA==');
  t.equal(refused.status, 400);
  t.match(refused.body, '<Code>BadDigest</Code>');
});
