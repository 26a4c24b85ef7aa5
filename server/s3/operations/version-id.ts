/**
 * Version ids where there are no versions: `null` is the object itself, everything else is nobody's.
 * docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html
 */
import { S3Error, invalidArgument } from '../errors.js';
import type { S3Request } from '../operation.js';

export type VersionId = 'current' | 'null' | 'unknown';

/** @throws S3Error InvalidArgument for what no version id could look like */
export function parseVersionId(id: string | undefined): VersionId {
  if (id === undefined) return 'current';
  if (id === 'null') return 'null';
  if (id === '') throw invalidArgument('versionId', id, 'Version id cannot be the empty string');
  if (!/^[A-Za-z0-9._-]{32}$/.test(id)) {
    throw invalidArgument('versionId', id, 'Invalid version id specified');
  }
  return 'unknown';
}

/** Lets through what addresses the object itself. @throws S3Error NoSuchVersion, InvalidArgument */
export function checkVersionId(id: string | undefined): void {
  if (parseVersionId(id) === 'unknown') {
    throw new S3Error('NoSuchVersion', { extra: { VersionId: id ?? '' } });
  }
}

/** The same for the request's `versionId`. */
export function requireCurrentVersion(request: Pick<S3Request, 'query'>): void {
  const id = request.query('versionId');
  if (id !== undefined) checkVersionId(id);
}
