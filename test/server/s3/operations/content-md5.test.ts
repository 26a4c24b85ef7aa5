import t from 'tap';
import { checkMd5, statedMd5 } from '../../../../server/s3/operations/content-md5.js';
import { asked } from './asked.js';

const EMPTY = 'd41d8cd98f00b204e9800998ecf8427e';

t.test('Content-MD5 is base64 of sixteen bytes', async (t) => {
  t.equal(statedMd5(asked({ 'content-md5': '1B2M2Y8AsgTpgAmY7PhCfg==' })), EMPTY);
  t.equal(statedMd5(asked()), undefined);
  for (const text of ['', 'YWJyYWNhZGFicmE=', 'AWS HAHAHA', '1B2M2Y8AsgTpgAmY7PhCfg', EMPTY]) {
    t.throws(() => statedMd5(asked({ 'content-md5': text })), { code: 'InvalidDigest' }, text);
  }
});

t.test('what does not fit the body is a bad digest', async (t) => {
  t.doesNotThrow(() => checkMd5(undefined, EMPTY));
  t.doesNotThrow(() => checkMd5(EMPTY, EMPTY));
  t.throws(() => checkMd5('0'.repeat(32), EMPTY), { code: 'BadDigest' });
});
