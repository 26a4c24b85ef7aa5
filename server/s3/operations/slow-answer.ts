/**
 * Answers that take long: assembling or copying gigabytes on a slow disk. S3 answers 200 at once then, sends
 * spaces while it works, and says in the document itself how it ended; SDKs look for `<Error>` in it.
 * docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
 */
import { setTimeout as wait } from 'node:timers/promises';
import { toS3Error } from '../errors.js';
import type { S3Request, S3Response } from '../operation.js';
import { PROLOGUE, element, elements, plainDocument } from '../xml-write.js';
import { type Headers, xmlAnswer } from './answers.js';

export interface Patience {
  /** Milliseconds before the 200 goes out. */
  readonly first: number;
  /** Milliseconds between spaces. */
  readonly between: number;
}

/** Well under the minute after which clients and proxies give up. */
const PATIENCE: Patience = { first: 10_000, between: 10_000 };

const SPACE = Buffer.from(' ');

/**
 * @param work the document, when it is done
 * @returns a common answer when the work is quick, also of its failure; else one that keeps the client waiting
 */
export async function patiently(
  request: S3Request,
  work: Promise<string>,
  patience = PATIENCE,
): Promise<S3Response> {
  const quick = await first(work, patience.first);
  if (quick !== undefined) return xmlAnswer(request, quick);
  const ending = settled(request, work);
  // Whoever waits for it hears of a failure; should nobody, it is no accident.
  ending.catch(() => undefined);
  const headers: Headers = xmlAnswer(request, '').headers ?? {};
  return {
    status: 200,
    headers,
    body: {
      length: undefined,
      async send(write) {
        await write(Buffer.from(PROLOGUE));
        for (;;) {
          const done = await first(ending, patience.between);
          if (done === undefined) {
            await write(SPACE);
            continue;
          }
          await write(Buffer.from(done.slice(PROLOGUE.length)));
          return;
        }
      },
      close: () => undefined,
    },
  };
}

/** What the work gives within that time. */
async function first<T>(work: Promise<T>, milliseconds: number): Promise<T | undefined> {
  const given = new AbortController();
  try {
    return await Promise.race([work, wait(milliseconds, undefined, { signal: given.signal })]);
  } finally {
    given.abort();
  }
}

/** The work's document, or that of its failure. @throws what nobody meant to throw */
async function settled(request: S3Request, work: Promise<string>): Promise<string> {
  try {
    return await work;
  } catch (thrown) {
    const { bucket, key, requestId } = request;
    const { error, bug } = toS3Error(thrown, { bucket, key });
    if (bug) throw thrown;
    return plainDocument(
      'Error',
      elements({ Code: error.code, Message: error.message }) +
        elements(error.extra) +
        element('Resource', `/${bucket}/${key}`) +
        element('RequestId', requestId),
    );
  }
}
