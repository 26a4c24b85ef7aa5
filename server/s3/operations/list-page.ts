/** One page of a bucket's keys. A page of nothing is a page like any other. */
import type { ListPage, ListQuery } from '../../../lib/store/model.js';
import type { S3Request } from '../operation.js';

const EMPTY: ListPage = { entries: [], truncated: false, next: '' };

/** With a limit of 0: nothing, and nothing more to come, as S3 answers. */
export async function readPage(
  request: Pick<S3Request, 'store' | 'bucket'>,
  query: ListQuery,
): Promise<ListPage> {
  return query.limit === 0 ? EMPTY : request.store.list(request.bucket, query);
}
