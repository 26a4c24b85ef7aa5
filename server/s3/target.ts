/**
 * What a request is about: bucket, key and query out of the raw request target and the Host header.
 * Percent-decoding happens once and nothing is normalised: `//`, `.` and `..` are parts of keys.
 * docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html, RFC 9112 section 3.2
 */
import type { ResourceKind } from './operation.js';
import { S3Error } from './errors.js';
import { Query } from './query.js';

export interface Target {
  /** As sent, still encoded, without the query: what signatures are made over. */
  readonly path: string;
  readonly query: Query;
  readonly resource: ResourceKind;
  /** The Host header named the bucket, not the path. */
  readonly virtual: boolean;
  /** Decoded, unchecked; '' on the service. */
  readonly bucket: string;
  /** Decoded, unchecked; '' where there is none. */
  readonly key: string;
}

/** Domains for virtual hosts, in the order to try them: `a.b.example` before `b.example`. Lower case. */
export function orderDomains(domains: readonly string[]): readonly string[] {
  return domains
    .map((domain) => domain.toLowerCase().replace(/^\.+|\.+$/g, ''))
    .filter((domain) => domain !== '')
    .sort((a, b) => b.length - a.length);
}

/**
 * @param raw the request target as it stood in the request line; node gives bytes as latin1
 * @param domains from `orderDomains`; `bucket.domain` addresses the bucket
 * @throws S3Error InvalidURI
 */
export function parseTarget(raw: string, host: string | undefined, domains: readonly string[]): Target {
  let target = raw;
  let authority = host;
  if (target.charCodeAt(0) !== 0x2f) {
    const absolute = /^https?:\/\/([^/?#]*)/i.exec(target);
    if (absolute === null) throw new S3Error('InvalidURI');
    authority = absolute[1];
    target = target.slice(absolute[0].length);
    if (!target.startsWith('/')) target = `/${target}`;
  }
  target = asText(target);
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 || mark === target.length - 1 ? Query.EMPTY : new Query(target.slice(mark + 1));
  const virtual = domains.length === 0 ? undefined : virtualBucket(authority, domains);
  if (virtual !== undefined) {
    const key = decodeOnce(path.slice(1));
    return { path, query, resource: key === '' ? 'bucket' : 'object', virtual: true, bucket: virtual, key };
  }
  if (path === '/') return { path, query, resource: 'service', virtual: false, bucket: '', key: '' };
  const slash = path.indexOf('/', 1);
  const bucket = decodeOnce(slash < 0 ? path.slice(1) : path.slice(1, slash));
  const key = slash < 0 ? '' : decodeOnce(path.slice(slash + 1));
  if (bucket === '') throw new S3Error('InvalidURI');
  return { path, query, resource: key === '' ? 'bucket' : 'object', virtual: false, bucket, key };
}

function virtualBucket(host: string | undefined, domains: readonly string[]): string | undefined {
  if (host === undefined) return undefined;
  const name = host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
  for (const domain of domains) {
    if (name === domain) return undefined;
    if (name.endsWith(`.${domain}`)) return name.slice(0, -domain.length - 1);
  }
  return undefined;
}

/** Bytes beyond ASCII are UTF-8 or nothing; a fragment or a control character has no place here. */
function asText(target: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what it looks for
  if (/^[!"$-~]*$/.test(target)) return target;
  // eslint-disable-next-line no-control-regex -- control characters are what it looks for
  if (/[\u0000-\u0020#\u007F]/.test(target)) throw new S3Error('InvalidURI');
  try {
    return STRICT.decode(Buffer.from(target, 'latin1'));
  } catch {
    throw new S3Error('InvalidURI');
  }
}

const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeOnce(raw: string): string {
  if (!raw.includes('%')) return raw;
  let text: string;
  try {
    text = decodeURIComponent(raw);
  } catch {
    throw new S3Error('InvalidURI');
  }
  if (text.includes('\0')) throw new S3Error('InvalidURI');
  return text;
}
