import t from 'tap';
import {
  refuseAcl,
  refuseCustomerKey,
  refuseEncryption,
  refuseLock,
  refuseUnsupported,
} from '../../../../server/s3/operations/refused-headers.js';
import { asked } from './asked.js';

t.test('encryption is refused by the name of the header', async (t) => {
  for (const name of [
    'x-amz-server-side-encryption',
    'x-amz-server-side-encryption-customer-algorithm',
    'x-amz-copy-source-server-side-encryption-customer-key',
  ]) {
    t.throws(() => refuseEncryption(asked({ [name]: 'AES256' })), { code: 'NotImplemented', message: name });
  }
  t.doesNotThrow(() =>
    refuseEncryption(asked({ 'x-amz-server-side-encryption-bucket-key-enabled': 'false' })),
  );
  t.doesNotThrow(() => refuseEncryption(asked()));
  t.throws(() => refuseCustomerKey(asked({ 'x-amz-server-side-encryption-customer-algorithm': 'AES256' })), {
    code: 'NotImplemented',
  });
});

t.test('ACLs that change nothing are let through, others refused', async (t) => {
  const refuse = (headers: Record<string, string>) => () =>
    refuseAcl(asked(headers), 'AccessControlListNotSupported');
  t.doesNotThrow(refuse({}));
  t.doesNotThrow(refuse({ 'x-amz-acl': 'private' }));
  t.doesNotThrow(refuse({ 'x-amz-acl': 'bucket-owner-full-control' }));
  t.throws(refuse({ 'x-amz-acl': 'public-read' }), { code: 'AccessControlListNotSupported' });
  t.throws(refuse({ 'x-amz-grant-read': 'id=1' }), { code: 'AccessControlListNotSupported' });
  t.throws(refuse({ 'x-amz-acl': 'everyone' }), { code: 'InvalidArgument' });
  t.throws(refuse({ 'x-amz-acl': 'private', 'x-amz-grant-read': 'id=1' }), { code: 'InvalidRequest' });
});

t.test('no bucket has object lock', async (t) => {
  t.throws(() => refuseLock(asked({ 'x-amz-object-lock-mode': 'GOVERNANCE' })), { code: 'InvalidRequest' });
  t.doesNotThrow(() => refuseLock(asked({ 'x-amz-object-lock-legal-hold': 'OFF' })));
  t.throws(() => refuseUnsupported(asked({ 'x-amz-object-lock-legal-hold': 'ON' })), {
    code: 'InvalidRequest',
  });
});
