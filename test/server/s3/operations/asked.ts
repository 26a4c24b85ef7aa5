/** The part of a request that pure functions read: headers and query, from plain records. */
import type { S3Request } from '../../../../server/s3/operation.js';

type Asked = Pick<S3Request, 'header' | 'headersStartingWith' | 'query' | 'identity'> & {
  readonly body: Pick<S3Request['body'], 'announcedTrailers' | 'size'>;
};

export function asked(
  headers: Readonly<Record<string, string>> = {},
  query: Readonly<Record<string, string>> = {},
  announcedTrailers: readonly string[] = [],
): Asked {
  return {
    header: (name) => headers[name],
    headersStartingWith: (prefix) =>
      new Map(Object.entries(headers).filter(([name]) => name.startsWith(prefix))),
    query: (name) => query[name],
    identity: { kind: 'account', account: { id: 'root-id', displayName: 'root', root: true } },
    body: { announcedTrailers, size: undefined },
  };
}
