/**
 * Conditional requests: RFC 9110 section 13, in its order of precedence. Pure; the S3 spelling of things is
 * in reading entity tags without quotes, as S3 does.
 */
import { parseHttpDate } from './dates.js';

export interface Conditions {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
  readonly ifModifiedSince?: string | undefined;
  readonly ifUnmodifiedSince?: string | undefined;
}

export interface Validators {
  /** Without quotes. */
  readonly etag: string;
  /** Milliseconds since the epoch. */
  readonly modified: number;
}

/** The condition that failed, by its header's name, with the 412. */
export type Verdict = 'proceed' | 304 | { readonly status: 412; readonly condition: string };

/** For a resource that exists. Dates nobody can read count as absent. */
export function evaluateConditions(conditions: Conditions, current: Validators): Verdict {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  const second = Math.floor(current.modified / 1000);
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, current.etag, 'strong')) return { status: 412, condition: 'If-Match' };
  } else if (ifUnmodifiedSince !== undefined) {
    const time = parseHttpDate(ifUnmodifiedSince);
    if (time !== undefined && second > Math.floor(time / 1000)) {
      return { status: 412, condition: 'If-Unmodified-Since' };
    }
  }
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch, current.etag, 'weak') ? 304 : 'proceed';
  if (ifModifiedSince !== undefined) {
    const time = parseHttpDate(ifModifiedSince);
    if (time !== undefined && second <= Math.floor(time / 1000)) return 304;
  }
  return 'proceed';
}

function matches(header: string, etag: string, comparison: 'strong' | 'weak'): boolean {
  const tags = parseEntityTags(header);
  if (tags === '*') return true;
  return tags.some((tag) => tag.value === etag && (comparison === 'weak' || !tag.weak));
}

export interface EntityTag {
  /** Without quotes. */
  readonly value: string;
  readonly weak: boolean;
}

/** A list of entity tags, quoted or not, or `*`. */
export function parseEntityTags(header: string): '*' | readonly EntityTag[] {
  if (header.trim() === '*') return '*';
  const tags: EntityTag[] = [];
  for (const [, weak, quoted, bare] of header.matchAll(/(W\/)?"([^"]*)"|([^\s,"]+)/g)) {
    tags.push({ value: quoted ?? bare ?? '', weak: weak !== undefined });
  }
  return tags;
}
