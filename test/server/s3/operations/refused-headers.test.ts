import t from 'tap';
import {
  refuseAcl,
  refuseLock,
  refuseUnsupported,
} from '../../../../server/s3/operations/refused-headers.js';
import { asked } from './asked.js';

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
  t.throws(() => refuseUnsupported(asked({ 'x-amz-server-side-encryption': 'AES256' })), {
    code: 'NotImplemented',
  });
  t.throws(() => refuseUnsupported(asked({ 'x-amz-object-lock-legal-hold': 'ON' })), {
    code: 'InvalidRequest',
  });
});
