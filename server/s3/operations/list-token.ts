/**
 * Continuation tokens: where a listing goes on, in a form nobody takes apart. They hold no secret and grant
 * nothing, so a forged one is at worst another place to start.
 */
import { createHash } from 'node:crypto';
import { invalidArgument } from '../errors.js';

const CHECK_BYTES = 4;

export function makeToken(after: string): string {
  const text = Buffer.from(after, 'utf8');
  return Buffer.concat([check(text), text]).toString('base64url');
}

/** @throws S3Error InvalidArgument for what `makeToken` never made */
export function readToken(token: string): string {
  const bytes = Buffer.from(token, 'base64url');
  const text = bytes.subarray(CHECK_BYTES);
  if (bytes.toString('base64url') !== token || !bytes.subarray(0, CHECK_BYTES).equals(check(text))) {
    throw invalidArgument('continuation-token', token, 'The continuation token provided is incorrect');
  }
  return text.toString('utf8');
}

function check(text: Uint8Array): Buffer {
  return createHash('sha256').update(text).digest().subarray(0, CHECK_BYTES);
}
