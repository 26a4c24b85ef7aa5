/**
 * The S3 door as a Koa application: the ordered list of steps, and one place where whatever they throw becomes
 * an answer. It answers on the raw response; Koa's own is left out.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import Koa from 'koa';
import { ClientGone } from '../http/send-body.js';
import { setActivity } from '../http/listen.js';
import type { AccessEntry } from './access-entry.js';
import { entryOf } from './access-entry.js';
import { errorAnswer, sendAnswer } from './answer.js';
import { SigningKeys } from './auth/signing-key.js';
import { S3Error, toS3Error } from './errors.js';
import { Exchange, type Surroundings } from './exchange.js';
import { implemented } from './operations/index.js';
import type { Operation } from './operation.js';
import { createRequestIds } from './request-id.js';
import { createRouter } from './router.js';
import { withHandlers } from './rows.js';
import {
  authenticateRequest,
  authorizeRequest,
  checkExpectedOwner,
  findBucket,
  findOperation,
  readTarget,
  refuseUnimplemented,
  runHandler,
  type Step,
} from './steps.js';
import { orderDomains } from './target.js';

export interface S3Options extends Surroundings {
  /** `s3.example.org`: then `bucket.s3.example.org` addresses a bucket. */
  readonly domains?: readonly string[];
  /** Accept signature version 2. Off by default. */
  readonly signatureV2?: boolean;
  /** Called once per request, when its answer is on its way or has failed. */
  readonly log?: ((entry: AccessEntry) => void) | undefined;
  /** Called for what nothing here meant to throw. */
  readonly bug?: ((error: unknown, requestId: string) => void) | undefined;
  /** Milliseconds since the epoch. */
  readonly clock?: () => number;
  /** True once the service is stopping: answers close their connections. */
  readonly stopping?: () => boolean;
  /** In place of all operations there are. For tests. */
  readonly operations?: readonly Pick<Operation, 'name' | 'handler'>[];
}

export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

export function createS3App(options: S3Options): RequestListener {
  const { clock = Date.now, log, bug, accounts, region, signatureV2 = false } = options;
  const random = randomBytes(56);
  const nextId = createRequestIds([random.readUInt32LE(48), random.readUInt32LE(52)]);
  const hostId = random.subarray(0, 48).toString('base64');
  const context = { hostId, stopping: options.stopping ?? (() => false) };
  const steps: readonly Step[] = [
    readTarget(orderDomains(options.domains ?? [])),
    findOperation(createRouter(withHandlers(options.operations ?? implemented))),
    authenticateRequest({ accounts, region, signatureV2, keys: new SigningKeys() }),
    refuseUnimplemented,
    findBucket,
    checkExpectedOwner,
    authorizeRequest,
    runHandler,
  ];

  /** The refusal, with what AWS does not tell those who may not list: that a key is missing. */
  function refusal(exchange: Exchange, thrown: unknown): S3Error {
    const { target, foundBucket } = exchange;
    const { error, bug: isBug } = toS3Error(thrown, { bucket: target?.bucket, key: target?.key });
    if (isBug) bug?.(thrown, exchange.requestId);
    const hidden = error.code === 'NoSuchKey' && foundBucket !== undefined;
    if (hidden && !exchange.may('s3:ListBucket', foundBucket, 'bucket')) return new S3Error('AccessDenied');
    return error;
  }

  async function serve(exchange: Exchange): Promise<void> {
    const { raw, response } = exchange;
    setActivity(raw.socket, exchange);
    let error: S3Error | undefined;
    let sent = 0;
    try {
      try {
        for (const step of steps) {
          const pending = step(exchange);
          if (pending !== undefined) await pending;
        }
      } catch (thrown) {
        error = refusal(exchange, thrown);
        exchange.answer = errorAnswer(exchange, error, hostId);
      }
      const answer = exchange.answer ?? { status: 500 };
      const sending = sendAnswer(exchange, answer, context);
      sent = typeof sending === 'number' ? sending : await sending;
    } catch (thrown) {
      // The head is out, or never will be: nothing more can be said on this connection.
      response.destroy();
      if (!(thrown instanceof ClientGone)) bug?.(thrown, exchange.requestId);
    } finally {
      setActivity(raw.socket, undefined);
      log?.(entryOf(exchange, error, sent, clock()));
    }
  }

  const app = new Koa();
  app.use(function answerS3(ctx) {
    ctx.respond = false;
    return serve(new Exchange(ctx.req, ctx.res, nextId(), clock(), options));
  });
  return app.callback();
}
