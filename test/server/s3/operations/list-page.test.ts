import t from 'tap';
import { parseBucketName } from '../../../../lib/names.js';
import type { Store } from '../../../../lib/store/store.js';
import { readPage } from '../../../../server/s3/operations/list-page.js';

t.test('a page of nothing is answered without looking', async (t) => {
  const list: Store['list'] = async () => ({ entries: [], truncated: true, next: 'x' });
  const request = { store: { list } as unknown as Store, bucket: parseBucketName('bucket') };
  const query = { prefix: '', delimiter: '', after: '' };
  t.same(await readPage(request, { ...query, limit: 0 }), { entries: [], truncated: false, next: '' });
  t.same(await readPage(request, { ...query, limit: 1 }), { entries: [], truncated: true, next: 'x' });
});
