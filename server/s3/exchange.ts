/**
 * One request on its way through the door: what is known of it so far. It is the `S3Request` handlers see; the
 * steps of the app fill it in.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Account, Accounts, Identity } from '../../lib/access/account.js';
import { decide, type Action } from '../../lib/access/decide.js';
import { parseObjectKey, type BucketName, type ObjectKey } from '../../lib/names.js';
import type { BucketInfo } from '../../lib/store/model.js';
import type { Store } from '../../lib/store/store.js';
import type { Activity } from '../http/listen.js';
import { RequestHeaders } from '../http/request-headers.js';
import type { Authentication } from './auth/authenticate.js';
import type { HttpBody } from './body.js';
import { S3Error } from './errors.js';
import type { Operation, RequestBody, S3Request, S3Response } from './operation.js';
import type { Target } from './target.js';

/** What all requests of a door share. */
export interface Surroundings {
  readonly store: Store;
  readonly accounts: Accounts;
  readonly region: string;
  /** Buckets whose objects anybody may read. */
  readonly publicRead: ReadonlySet<string>;
}

export class Exchange implements S3Request, Activity {
  readonly raw: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly time: number;
  readonly headers: RequestHeaders;
  readonly #door: Surroundings;

  // Filled in by the steps, in this order.
  target: Target | undefined;
  route: Operation | undefined;
  authentication: Authentication | undefined;
  bucketName: BucketName | undefined;
  foundBucket: BucketInfo | undefined;
  httpBody: HttpBody | undefined;
  answer: S3Response | undefined;
  #key: ObjectKey | undefined;

  constructor(
    raw: IncomingMessage,
    response: ServerResponse,
    requestId: string,
    time: number,
    door: Surroundings,
  ) {
    this.raw = raw;
    this.response = response;
    this.requestId = requestId;
    this.time = time;
    this.headers = new RequestHeaders(raw);
    this.#door = door;
  }

  get store(): Store {
    return this.#door.store;
  }

  get accounts(): Accounts {
    return this.#door.accounts;
  }

  get region(): string {
    return this.#door.region;
  }

  get operation(): Operation {
    return known(this.route);
  }

  get identity(): Identity {
    return known(this.authentication).identity;
  }

  get account(): Account {
    const { identity } = this;
    if (identity.kind === 'account') return identity.account;
    const owner = this.foundBucket === undefined ? undefined : this.ownerOf(this.foundBucket);
    return (owner === undefined ? undefined : this.accounts.account(owner)) ?? this.accounts.root;
  }

  get bucket(): BucketName {
    return known(this.bucketName);
  }

  get key(): ObjectKey {
    return (this.#key ??= parseObjectKey(known(this.target).key));
  }

  get bucketInfo(): BucketInfo {
    return known(this.foundBucket);
  }

  get body(): RequestBody {
    return known(this.httpBody);
  }

  header(name: string): string | undefined {
    const value = this.headers.get(name);
    if (value !== undefined || this.authentication?.presigned !== true) return value;
    return isHoisted(name) ? known(this.target).query.get(name) : undefined;
  }

  headersStartingWith(prefix: string): ReadonlyMap<string, string> {
    const found = this.headers.startingWith(prefix);
    if (this.authentication?.presigned !== true) return found;
    const all = new Map(found);
    for (const { name, value } of known(this.target).query.pairs) {
      if (name.startsWith(prefix) && isHoisted(name) && !all.has(name)) all.set(name, value);
    }
    return all;
  }

  query(name: string): string | undefined {
    return known(this.target).query.get(name);
  }

  ownerOf(bucket: BucketInfo): string {
    return bucket.settings.owner ?? this.accounts.root.id;
  }

  authorize(action: Action, bucket: BucketInfo, kind: 'bucket' | 'object' = 'object'): void {
    if (!this.may(action, bucket, kind)) throw new S3Error('AccessDenied');
  }

  may(action: Action, bucket: BucketInfo, kind: 'bucket' | 'object'): boolean {
    const publicRead = this.#door.publicRead.has(bucket.name) && bucket.settingsLost !== true;
    return decide(this.identity, action, { kind, owner: this.ownerOf(bucket), publicRead }) === 'allow';
  }

  get waiting(): boolean {
    return this.httpBody?.waiting === true;
  }

  cutOff(why: 'ended' | 'timeout'): boolean {
    if (!this.waiting || this.response.headersSent) return false;
    this.httpBody?.cutOff(why);
    return true;
  }
}

/**
 * Whether a presigned request may say in its query what is a header elsewhere. Checksums may not: SDKs presign
 * the checksum of the empty body they had at that time.
 */
function isHoisted(name: string): boolean {
  return (
    name.startsWith('x-amz-') &&
    !name.startsWith('x-amz-checksum-') &&
    name !== 'x-amz-sdk-checksum-algorithm'
  );
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('asked for before it was known');
  return value;
}
