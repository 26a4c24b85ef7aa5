import t from 'tap';
import { refuseDecryption, refuseEncryption } from '../../../../server/s3/operations/encryption-headers.js';
import { asked } from './asked.js';

const SSE = 'x-amz-server-side-encryption';
const KEY = {
  [`${SSE}-customer-algorithm`]: 'AES256',
  [`${SSE}-customer-key`]: 'pO3upElrwuEXSoFwCfnZPdSsmt/xWeFa0N9KgDijwVs=',
  [`${SSE}-customer-key-md5`]: 'DWygnHRtgiJ77HCm+1rvHw==',
};
const refusal = (headers: Record<string, string>) => () => refuseEncryption(asked(headers));

t.test('encryption is refused by the name of the header', async (t) => {
  for (const headers of [
    { [SSE]: 'AES256' },
    { [SSE]: 'aws:kms', [`${SSE}-aws-kms-key-id`]: 'key' },
    KEY,
    Object.fromEntries(
      Object.entries(KEY).map(([name, value]) => [name.replace('amz-', 'amz-copy-source-'), value]),
    ),
  ]) {
    t.throws(refusal(headers), /x-amz-.*(not implemented|encryption)/);
  }
  t.throws(refusal({ [SSE]: 'AES256' }), { code: 'NotImplemented', status: 501 });
  t.throws(refusal(KEY), { code: 'NotImplemented' });
  t.doesNotThrow(refusal({ [`${SSE}-bucket-key-enabled`]: 'false' }));
  t.doesNotThrow(refusal({}));
});

t.test('what could never be right is an invalid argument', async (t) => {
  for (const headers of [
    { [SSE]: 'aes:kms' },
    { ...KEY, [SSE]: 'AES256' },
    { [SSE]: 'AES256', [`${SSE}-aws-kms-key-id`]: 'key' },
    { [`${SSE}-aws-kms-key-id`]: 'key' },
    { ...KEY, [`${SSE}-customer-key-md5`]: 'AAAAAAAAAAAAAAAAAAAAAA==' },
    { ...KEY, [`${SSE}-customer-key`]: 'short' },
    { ...KEY, [`${SSE}-customer-algorithm`]: 'ROT13' },
    { [`${SSE}-customer-key`]: KEY[`${SSE}-customer-key`]! },
  ]) {
    t.throws(refusal(headers), { code: 'InvalidArgument', status: 400 }, JSON.stringify(headers));
  }
});

t.test('reading takes a customer’s key at most', async (t) => {
  t.doesNotThrow(() => refuseDecryption(asked()));
  t.throws(() => refuseDecryption(asked({ [SSE]: 'aws:kms' })), { code: 'InvalidArgument' });
  t.throws(() => refuseDecryption(asked(KEY)), { code: 'NotImplemented' });
  t.throws(() => refuseDecryption(asked({ ...KEY, [`${SSE}-customer-key-md5`]: 'A' })), {
    code: 'InvalidArgument',
  });
});
