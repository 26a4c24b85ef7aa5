/**
 * Listing uploads in progress and the parts of one.
 * docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html, API_ListParts.html
 */
import type { ObjectKey, UploadId } from '../names.js';
import { closeFd, O, tryOpenBeneath } from '../os/open.js';
import type { Bucket } from './bucket.js';
import { UPLOADS } from './layout.js';
import type { ListUploadsQuery, PartInfo, UploadInfo, UploadsPage } from './model.js';
import type { PartsPage } from './store.js';
import { LOG, RESULT, tryOpenUpload, withUpload } from './upload.js';
import { uploadIdsIn } from './upload-directories.js';
import { readInfo } from './upload-log.js';

type UploadEntry = UploadsPage['entries'][number];

/** By key, in UTF-8 byte order, then by initiation. */
export function listUploads(bucket: Bucket, query: ListUploadsQuery): UploadsPage {
  const uploads = uploadIdsIn(bucket, UPLOADS).flatMap((id) => peek(bucket, id) ?? []);
  return pageOf(uploads, query);
}

/** undefined when it is no upload, or over. */
function peek(bucket: Bucket, id: UploadId): UploadInfo | undefined {
  const fd = tryOpenBeneath(bucket.rootFd, `${UPLOADS}/${id}/${LOG}`, O.RDONLY | O.NONBLOCK | O.NOFOLLOW);
  if (fd < 0) return undefined;
  try {
    return isCompleted(bucket, id) ? undefined : readInfo(fd);
  } finally {
    closeFd(fd);
  }
}

function isCompleted(bucket: Bucket, id: UploadId): boolean {
  const result = tryOpenBeneath(bucket.rootFd, `${UPLOADS}/${id}/${RESULT}`, O.PATH | O.NOFOLLOW);
  if (result < 0) return false;
  closeFd(result);
  const upload = tryOpenUpload(bucket, id);
  try {
    return upload === undefined || upload.completed() !== undefined;
  } finally {
    upload?.close();
  }
}

/** Ids of one key sort by initiation, so a marker holds when the upload it names is gone. Pure. */
export function pageOf(uploads: readonly UploadInfo[], query: ListUploadsQuery): UploadsPage {
  const { prefix, keyMarker, limit } = query;
  const sorted = uploads
    .filter(({ key }) => key.startsWith(prefix))
    .map((info) => ({ info, bytes: Buffer.from(info.key) }))
    .sort((a, b) => Buffer.compare(a.bytes, b.bytes) || (a.info.id < b.info.id ? -1 : 1));
  const marker = Buffer.from(keyMarker);
  const entries: UploadEntry[] = [];
  let truncated = false;
  for (const { info, bytes } of sorted) {
    if (keyMarker !== '' && !isAfter(info, Buffer.compare(bytes, marker), query)) continue;
    const common = commonPrefix(info.key, query);
    const last = entries.at(-1);
    if (common !== undefined) {
      if (common === keyMarker || (last?.kind === 'prefix' && last.prefix === common)) continue;
    }
    truncated = entries.length === limit;
    if (truncated) break;
    entries.push(common === undefined ? { kind: 'upload', ...info } : { kind: 'prefix', prefix: common });
  }
  const last = entries.at(-1);
  return {
    entries,
    truncated: truncated && limit > 0,
    nextKeyMarker: last === undefined ? '' : last.kind === 'prefix' ? last.prefix : last.key,
    nextUploadIdMarker: last?.kind === 'upload' ? last.id : '',
  };
}

function isAfter({ id }: UploadInfo, order: number, { uploadIdMarker }: ListUploadsQuery): boolean {
  return order > 0 || (order === 0 && uploadIdMarker !== '' && id > uploadIdMarker);
}

function commonPrefix(key: string, { prefix, delimiter }: ListUploadsQuery): string | undefined {
  const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
  return at === -1 ? undefined : key.slice(0, at + delimiter.length);
}

/** Parts with a number above `after`, ascending. @throws StoreError NoSuchUpload */
export function listParts(
  bucket: Bucket,
  key: ObjectKey,
  id: UploadId,
  page: { readonly after: number; readonly limit: number },
): PartsPage {
  return withUpload(bucket, key, id, (upload) => {
    const { info, parts } = upload.state();
    const rest = [...parts.values()]
      .filter(({ number }) => number > page.after)
      .sort((a, b) => a.number - b.number);
    const shown = rest.slice(0, page.limit).map(({ number, size, modified, etag, checksums }): PartInfo => ({
      number,
      size,
      modified,
      etag,
      checksums,
    }));
    return {
      upload: info,
      parts: shown,
      truncated: page.limit > 0 && rest.length > shown.length,
      next: shown.at(-1)?.number ?? 0,
    };
  });
}
