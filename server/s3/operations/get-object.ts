/**
 * GetObject and HeadObject: docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 * What is hot is answered without waiting: no promise is made where the store made none.
 */
import type { ObjectReader } from '../../../lib/store/store.js';
import type { ObjectInfo } from '../../../lib/store/model.js';
import type { Implementation, S3Request, S3Response } from '../operation.js';
import { judgeRead } from './conditional-read.js';
import { objectHeaders, type ResponseHeaders } from './object-headers.js';
import { addChecksums } from './read-checksums.js';
import { chooseRange, type ChosenRange } from './read-range.js';
import { addOverrides } from './read-overrides.js';
import { refuseDecryption } from './encryption-headers.js';
import { requestCharged } from './request-payer.js';
import { requireCurrentVersion } from './version-id.js';

function get(request: S3Request): S3Response | Promise<S3Response> {
  checkRequest(request);
  const opened = request.store.open(request.bucket, request.key);
  return opened instanceof Promise
    ? opened.then((reader) => answerGet(request, reader))
    : answerGet(request, opened);
}

function head(request: S3Request): S3Response | Promise<S3Response> {
  checkRequest(request);
  const found = request.store.head(request.bucket, request.key);
  return found instanceof Promise
    ? found.then((info) => answerHead(request, info))
    : answerHead(request, found);
}

function checkRequest(request: S3Request): void {
  requireCurrentVersion(request);
  refuseDecryption(request);
}

function answerHead(request: S3Request, info: ObjectInfo): S3Response {
  const unchanged = judgeRead(request, info);
  if (unchanged !== undefined) return unchanged;
  const range = chooseRange(request, info);
  const headers = readHeaders(request, info, range);
  headers['Content-Length'] = range.end - range.start;
  return { status: range.partial ? 206 : 200, headers };
}

function answerGet(request: S3Request, reader: ObjectReader): S3Response {
  let streaming = false;
  try {
    const { info, body } = reader;
    const unchanged = judgeRead(request, info);
    if (unchanged !== undefined) return unchanged;
    const range = chooseRange(request, info);
    const headers = readHeaders(request, info, range);
    const status = range.partial ? 206 : 200;
    const { start, end } = range;
    if (body !== undefined) {
      return { status, headers, body: range.partial ? body.subarray(start, end) : body };
    }
    streaming = true;
    return {
      status,
      headers,
      body: {
        length: end - start,
        send: (write) => reader.pump(start, end, write),
        close: () => reader.close(),
      },
    };
  } finally {
    if (!streaming) reader.close();
  }
}

function readHeaders(request: S3Request, info: ObjectInfo, range: ChosenRange): ResponseHeaders {
  const headers = objectHeaders(info);
  if (range.contentRange !== undefined) headers['Content-Range'] = range.contentRange;
  if (range.partsCount !== undefined) headers['x-amz-mp-parts-count'] = range.partsCount;
  addChecksums(headers, request, info, range);
  addOverrides(headers, request);
  Object.assign(headers, requestCharged(request));
  return headers;
}

export const getObject: Implementation = { name: 'GetObject', handler: get };
export const headObject: Implementation = { name: 'HeadObject', handler: head };
