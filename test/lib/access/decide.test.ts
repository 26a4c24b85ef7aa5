import t from 'tap';
import type { Account, Identity } from '../../../lib/access/account.js';
import { decide } from '../../../lib/access/decide.js';

const account = (id: string): Account => ({ id, displayName: id, root: false });
const ann: Identity = { kind: 'account', account: account('ann') };
const bob: Identity = { kind: 'account', account: account('bob') };
const anybody: Identity = { kind: 'anonymous' };

t.test('an owner may do everything to a bucket and its objects, others nothing', async (t) => {
  for (const kind of ['bucket', 'object'] as const) {
    for (const action of ['s3:GetObject', 's3:PutObject', 's3:ListBucket', 's3:DeleteBucket'] as const) {
      const resource = { kind, owner: 'ann', publicRead: false };
      t.equal(decide(ann, action, resource), 'allow');
      t.equal(decide(bob, action, resource), 'deny');
      t.equal(decide(anybody, action, resource), 'deny');
    }
  }
});

t.test('a public bucket lets anybody read objects, and nothing else', async (t) => {
  const object = { kind: 'object', owner: 'ann', publicRead: true } as const;
  t.equal(decide(anybody, 's3:GetObject', object), 'allow');
  t.equal(decide(bob, 's3:GetObject', object), 'allow');
  for (const action of ['s3:PutObject', 's3:DeleteObject', 's3:GetObjectTagging'] as const) {
    t.equal(decide(anybody, action, object), 'deny');
  }
  t.equal(decide(anybody, 's3:ListBucket', { ...object, kind: 'bucket' }), 'deny');
});

t.test('whoever has an account may list their buckets and create some; nobody else', async (t) => {
  t.equal(decide(bob, 's3:ListAllMyBuckets', { kind: 'service' }), 'allow');
  t.equal(decide(anybody, 's3:ListAllMyBuckets', { kind: 'service' }), 'deny');
});
