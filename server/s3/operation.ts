/**
 * An S3 operation is one row of data plus one handler. Routing, authorisation, the access log and the
 * documentation read the row; nothing repeats it.
 */
import type { IncomingMessage } from 'node:http';
import type { Action } from '../../lib/access/decide.js';
import type { Account, Accounts, Identity } from '../../lib/access/account.js';
import type { BucketName, ObjectKey } from '../../lib/names.js';
import type { BucketInfo } from '../../lib/store/model.js';
import type { Store } from '../../lib/store/store.js';
import type { StreamedBody } from '../http/send-body.js';

export type { StreamedBody };

export type Method = 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE' | 'OPTIONS';
export type ResourceKind = 'service' | 'bucket' | 'object';

export interface Operation {
  /** The AWS name: `GetObject`. */
  readonly name: string;
  readonly method: Method;
  readonly resource: ResourceKind;
  /** The query parameter that selects it among those of its method and resource: `tagging`, `uploadId`. */
  readonly subresource?: string;
  /** A further parameter that must be there, or be there with a value: `id`, `partNumber`, `list-type=2`. */
  readonly parameter?: string;
  /** A header that selects it: `x-amz-copy-source`. */
  readonly header?: string;
  /** The one path it answers at, where that is not a bucket's or an object's. */
  readonly path?: string;
  /** CreateBucket: the one that runs while there is no bucket to ask about. */
  readonly makesBucket?: true;
  readonly action: Action;
  /** Query parameters it takes beside its selectors, for methods other than GET and HEAD: `versionId`. */
  readonly parameters?: readonly string[];
  /** Absent: the answer is 501 NotImplemented, naming the operation. */
  readonly handler?: Handler;
}

export type Handler = (request: S3Request) => S3Response | Promise<S3Response>;

/** What a file of operations/ exports: the handler of the row of that name. */
export interface Implementation {
  readonly name: string;
  readonly handler: Handler;
}

/** What a handler is given: who asks for what, parsed and allowed. */
export interface S3Request {
  readonly operation: Operation;
  readonly store: Store;
  readonly accounts: Accounts;
  readonly region: string;
  readonly identity: Identity;
  /** The account that asks; on an anonymous request the bucket's owner stands in as owner of what is made. */
  readonly account: Account;
  /** The resource; `bucket` and `key` throw where the operation's resource has none. */
  readonly bucket: BucketName;
  readonly key: ObjectKey;
  readonly bucketInfo: BucketInfo;
  /** Lower-case names; repeated ones joined by ','. Values as Unicode text (UTF-8 decoded). */
  header(name: string): string | undefined;
  /** All `x-amz-meta-*` headers and the like: every header whose name starts so. */
  headersStartingWith(prefix: string): ReadonlyMap<string, string>;
  /** A decoded query parameter; '' when it has no value. */
  query(name: string): string | undefined;
  /** Milliseconds since the epoch when the request came in. */
  readonly time: number;
  /** The account id of a bucket's owner. */
  ownerOf(bucket: BucketInfo): string;
  /**
   * A second decision, for what the row's own does not cover: CopyObject's source. `kind` is 'object' unless
   * said. @throws S3Error AccessDenied
   */
  authorize(action: Action, bucket: BucketInfo, kind?: 'bucket' | 'object'): void;
  readonly body: RequestBody;
  readonly requestId: string;
  readonly raw: IncomingMessage;
}

/** The payload: decoded from aws-chunked, its signatures verified on the way. */
export interface RequestBody {
  /** Payload bytes, when declared (x-amz-decoded-content-length, else Content-Length). */
  readonly size: number | undefined;
  /** The hex SHA-256 that was signed, when the mode is a plain signed payload: the reader verifies it. */
  readonly signedSha256: string | undefined;
  /** Trailer checksum headers announced in x-amz-trailer: `x-amz-checksum-crc32`. Lower case. */
  readonly announcedTrailers: readonly string[];
  /**
   * Sends 100-continue when the client waits for it, then hands over the payload, block by block and in
   * order; waits while `write` returns a promise, and takes the block back afterwards: its memory is used again.
   * The quick way, and the one for large bodies. Once.
   * @throws S3Error MissingContentLength (nobody said how long), IncompleteBody (shorter, longer, cut off),
   * SignatureDoesNotMatch and InvalidChunkSizeError (signed chunks); whatever `write` throws
   */
  pump(write: (chunk: Uint8Array) => void | Promise<void>): Promise<void>;
  /** The same as an iteration. */
  stream(): AsyncIterable<Uint8Array>;
  /** The verified trailers, lower-case names; complete only after the last block. */
  trailers(): ReadonlyMap<string, string>;
  /**
   * The whole payload, verified against the signed SHA-256; empty when there is none.
   * @throws S3Error MaxMessageLengthExceeded past `limit` bytes, XAmzContentSHA256Mismatch
   */
  buffer(limit: number): Promise<Buffer>;
}

/** What a handler answers. Names of headers in AWS's own spelling; undefined ones are left out. */
export interface S3Response {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | number | undefined>>;
  /**
   * Bytes, or a string of XML or text, or a body that writes itself with backpressure.
   * HEAD sends none whatever is here; its Content-Length is the body's length, or a header of that name.
   */
  readonly body?: Uint8Array | string | StreamedBody;
}
