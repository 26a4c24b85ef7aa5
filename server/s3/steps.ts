/** The steps of a request, each adding what it found to the exchange or refusing. Those that need not wait do not. */
import { isBucketName, parseBucketName } from '../../lib/names.js';
import { decide } from '../../lib/access/decide.js';
import type { BucketInfo } from '../../lib/store/model.js';
import { authenticate, type AuthenticateOptions } from './auth/authenticate.js';
import { HttpBody } from './body.js';
import { S3Error, notImplemented } from './errors.js';
import type { Exchange } from './exchange.js';
import type { Router } from './router.js';
import { parseTarget } from './target.js';

export type Step = (exchange: Exchange) => void | Promise<void>;

/** @param domains from `orderDomains` */
export function readTarget(domains: readonly string[]): Step {
  return function readTargetStep(exchange) {
    const { raw, headers } = exchange;
    if (headers.repeats('host'))
      throw new S3Error('InvalidRequest', { message: 'There are two Host headers.' });
    exchange.target = parseTarget(raw.url ?? '', raw.headers.host, domains);
  };
}

export function findOperation(route: Router): Step {
  return function findOperationStep(exchange) {
    const { raw, target } = exchange;
    if (target !== undefined) exchange.route = route(raw.method ?? '', target, raw.headers);
  };
}

export function authenticateRequest(options: AuthenticateOptions): Step {
  return function authenticateStep(exchange) {
    const { raw, headers, response, target } = exchange;
    if (target === undefined) return;
    const { path, query, virtual, bucket } = target;
    const found = authenticate(
      { method: raw.method ?? '', path, query, headers, virtualBucket: virtual ? bucket : undefined },
      options,
      exchange.time,
    );
    exchange.authentication = found;
    exchange.httpBody = new HttpBody(raw, response, headers, found.payload, found.signer);
  };
}

/** Rows nobody has written a handler for end here, after the question who asks. */
export function refuseUnimplemented(exchange: Exchange): void {
  const { operation } = exchange;
  if (operation.handler === undefined) throw notImplemented(operation.name);
}

/** @throws StoreError InvalidBucketName (to make it), NoSuchBucket */
export function findBucket(exchange: Exchange): void | Promise<void> {
  const { operation, target, store } = exchange;
  if (operation.resource === 'service' || target === undefined) return;
  const { bucket } = target;
  if (operation.makesBucket === true) {
    exchange.bucketName = parseBucketName(bucket);
    return;
  }
  // A name no bucket can have is the name of no bucket: clients probe with such.
  if (!isBucketName(bucket)) throw new S3Error('NoSuchBucket', { extra: { BucketName: bucket } });
  exchange.bucketName = bucket;
  const found = store.bucket(bucket);
  if (found instanceof Promise) return found.then((info) => rememberBucket(exchange, info));
  rememberBucket(exchange, found);
}

function rememberBucket(exchange: Exchange, info: BucketInfo): void {
  exchange.foundBucket = info;
}

/** @throws S3Error AccessDenied */
export function checkExpectedOwner(exchange: Exchange): void {
  const expected = exchange.header('x-amz-expected-bucket-owner');
  const { foundBucket } = exchange;
  if (expected === undefined || foundBucket === undefined) return;
  if (expected !== exchange.ownerOf(foundBucket)) throw new S3Error('AccessDenied');
}

/** The one place where the row's action is allowed or not. @throws S3Error AccessDenied */
export function authorizeRequest(exchange: Exchange): void {
  const { operation, foundBucket, identity } = exchange;
  if (foundBucket !== undefined) {
    exchange.authorize(operation.action, foundBucket, operation.resource === 'object' ? 'object' : 'bucket');
  } else if (decide(identity, operation.action, { kind: 'service' }) !== 'allow') {
    throw new S3Error('AccessDenied');
  }
}

export function runHandler(exchange: Exchange): void | Promise<void> {
  const { handler } = exchange.operation;
  if (handler === undefined) return;
  const answer = handler(exchange);
  if (answer instanceof Promise) {
    return answer.then((later) => {
      exchange.answer = later;
    });
  }
  exchange.answer = answer;
}
