import { StorageClass } from '@aws-sdk/client-s3';
import t from 'tap';
import { askedStorageClass } from '../../../../server/s3/operations/storage-class.js';
import { asked } from './asked.js';

t.test('every class the SDK names is taken, no other', async (t) => {
  t.equal(Object.values(StorageClass).length, 15);
  for (const name of Object.values(StorageClass)) {
    t.equal(askedStorageClass(asked({ 'x-amz-storage-class': name })), name);
  }
  for (const name of ['standard', 'LUKEWARM', ' ']) {
    t.throws(() => askedStorageClass(asked({ 'x-amz-storage-class': name })), {
      code: 'InvalidStorageClass',
    });
  }
});

t.test('STANDARD is what an object has when nobody says', async (t) => {
  t.equal(askedStorageClass(asked()), 'STANDARD');
});
