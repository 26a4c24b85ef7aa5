/**
 * Conditional writes, decided under the key's lock against the object as it is then. Pure.
 * docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
 */
import { StoreError } from '../errors.js';
import type { ObjectInfo, WriteConditions } from './model.js';

export function isUnconditional(conditions: WriteConditions): boolean {
  return (
    conditions.ifMatch === undefined &&
    conditions.ifNoneMatch === undefined &&
    conditions.ifSize === undefined &&
    conditions.ifModified === undefined
  );
}

/** @throws StoreError PreconditionFailed; NoSuchKey when `ifMatch` names something that is not there */
export function checkConditions(conditions: WriteConditions, current: ObjectInfo | undefined): void {
  const { ifMatch, ifNoneMatch, ifSize, ifModified } = conditions;
  if (current === undefined) {
    if (ifMatch !== undefined) throw new StoreError('NoSuchKey', 'The specified key does not exist.');
    return;
  }
  if (ifNoneMatch !== undefined && (ifNoneMatch === '*' || ifNoneMatch.includes(current.etag))) {
    throw failed('If-None-Match');
  }
  if (ifMatch !== undefined && ifMatch !== '*' && !ifMatch.includes(current.etag)) throw failed('If-Match');
  if (ifSize !== undefined && ifSize !== current.size) throw failed('x-amz-if-match-size');
  if (ifModified !== undefined && seconds(ifModified) !== seconds(current.modified)) {
    throw failed('x-amz-if-match-last-modified-time');
  }
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}

function failed(condition: string): StoreError {
  return new StoreError(
    'PreconditionFailed',
    'At least one of the pre-conditions you specified did not hold',
    { condition },
  );
}
