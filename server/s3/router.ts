/**
 * Which operation a request asks for: exactly one row of the table, or a refusal. The query names sub-resources
 * out of a closed list; a name nobody knows never runs the operation next to it.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { S3Error, notImplemented } from './errors.js';
import type { Operation } from './operation.js';
import type { Query, QueryPair } from './query.js';
import type { Target } from './target.js';

/** @throws S3Error MethodNotAllowed, NotImplemented, InvalidArgument (two sub-resources) */
export type Router = (method: string, target: Target, headers: IncomingHttpHeaders) => Operation;

/** Parameters of reading operations: they choose what is shown, never what is done. */
const READING = new Set([
  'bucket-region',
  'continuation-token',
  'delimiter',
  'encoding-type',
  'fetch-owner',
  'key-marker',
  'list-type',
  'marker',
  'max-buckets',
  'max-directory-buckets',
  'max-keys',
  'max-parts',
  'max-uploads',
  'part-number-marker',
  'partNumber',
  'prefix',
  'start-after',
  'upload-id-marker',
  'version-id-marker',
  'versionId',
]);

/** Query authentication of signature version 2. */
const SIGNATURE_V2 = new Set(['AWSAccessKeyId', 'Expires', 'Signature']);

interface Group {
  /** Rows without a sub-resource, the more particular ones first. */
  readonly plain: readonly Operation[];
  readonly bySubresource: ReadonlyMap<string, readonly Operation[]>;
}

export function createRouter(operations: readonly Operation[]): Router {
  const groups = new Map<string, Group>();
  const paths = new Map<string, Operation>();
  const subresources = new Set<string>();
  for (const operation of operations) {
    if (operation.path !== undefined) {
      paths.set(`${operation.method} ${operation.path}`, operation);
      continue;
    }
    if (operation.subresource !== undefined) subresources.add(operation.subresource);
    const name = `${operation.method} ${operation.resource}`;
    if (!groups.has(name)) groups.set(name, groupOf(operations, operation));
  }

  return function route(method, target, headers) {
    const { query, resource } = target;
    const atPath = resource === 'bucket' ? paths.get(`${method} ${target.path}`) : undefined;
    if (atPath !== undefined) return atPath;
    if (method === 'OPTIONS') throw notImplemented('PreflightRequest');
    const group = groups.get(`${method} ${resource}`);
    if (group === undefined) throw refusal(method, target, subresources);
    if (query.pairs.length === 0) return chosen(group.plain, query, headers) ?? refuse(method, target);
    const subresource = subresourceOf(query, group);
    const rows = subresource === undefined ? group.plain : (group.bySubresource.get(subresource) ?? []);
    const operation = chosen(rows, query, headers);
    for (const pair of query.pairs) {
      if (pair.name === subresource || (operation !== undefined && accepts(operation, pair.name))) continue;
      if (isUnknown(pair, method, subresources)) throw unknownSubresource(method, target, pair.name);
    }
    if (operation !== undefined) return operation;
    if (subresource !== undefined) throw unknownSubresource(method, target, subresource);
    return refuse(method, target);
  };
}

function groupOf(operations: readonly Operation[], like: Operation): Group {
  const rows = operations
    .filter((row) => row.method === like.method && row.resource === like.resource && row.path === undefined)
    .sort((a, b) => criteria(b) - criteria(a));
  const bySubresource = new Map<string, Operation[]>();
  for (const row of rows) {
    if (row.subresource === undefined) continue;
    const list = bySubresource.get(row.subresource);
    if (list === undefined) bySubresource.set(row.subresource, [row]);
    else list.push(row);
  }
  return { plain: rows.filter((row) => row.subresource === undefined), bySubresource };
}

const criteria = (row: Operation): number =>
  (row.parameter === undefined ? 0 : 1) + (row.header === undefined ? 0 : 1);

function subresourceOf(query: Query, group: Group): string | undefined {
  let found: string | undefined;
  for (const { name } of query.pairs) {
    if (!group.bySubresource.has(name) || name === found) continue;
    if (found !== undefined) {
      throw new S3Error('InvalidArgument', {
        message: `Conflicting query string parameters: ${found}, ${name}`,
        extra: { ArgumentName: 'ResourceType', ArgumentValue: found },
      });
    }
    found = name;
  }
  return found;
}

function chosen(
  rows: readonly Operation[],
  query: Query,
  headers: IncomingHttpHeaders,
): Operation | undefined {
  for (const row of rows) {
    // Presigned requests may carry what is a header elsewhere in the query.
    if (row.header !== undefined && headers[row.header] === undefined && !query.has(row.header)) continue;
    if (row.parameter !== undefined && !hasParameter(query, row.parameter)) continue;
    return row;
  }
  return undefined;
}

/** `parameter` is a name, or `name=value`. */
function hasParameter(query: Query, parameter: string): boolean {
  const equals = parameter.indexOf('=');
  if (equals < 0) return query.has(parameter);
  return query.get(parameter.slice(0, equals)) === parameter.slice(equals + 1);
}

function accepts(operation: Operation, name: string): boolean {
  const { parameter, parameters } = operation;
  if (parameter !== undefined && (parameter === name || parameter.startsWith(`${name}=`))) return true;
  return parameters !== undefined && parameters.includes(name);
}

function isUnknown(pair: QueryPair, method: string, subresources: ReadonlySet<string>): boolean {
  const { name } = pair;
  if (name === 'x-id' || name.startsWith('response-') || /^x-amz-/i.test(name)) return false;
  if (SIGNATURE_V2.has(name)) return false;
  if (method !== 'GET' && method !== 'HEAD') return true;
  if (READING.has(name)) return false;
  return pair.value === '' || subresources.has(name);
}

function unknownSubresource(method: string, target: Target, name: string): S3Error {
  return new S3Error('NotImplemented', {
    message: `${method} of ${target.resource === 'object' ? 'an object' : `a ${target.resource}`} with ?${name} is not implemented.`,
    extra: { Header: name },
  });
}

/** No row has this method on this kind of resource. */
function refusal(method: string, target: Target, subresources: ReadonlySet<string>): S3Error {
  const named = target.query.pairs.find((pair) => subresources.has(pair.name));
  if (named !== undefined) return unknownSubresource(method, target, named.name);
  if (method === 'POST' && target.resource === 'service')
    return notImplemented('The query API of IAM and STS');
  return methodNotAllowed(method, target);
}

/** Rows there are, but each wants something this request has not. */
function refuse(method: string, target: Target): never {
  if (method === 'POST' && target.resource === 'bucket') throw notImplemented('PostObject');
  throw methodNotAllowed(method, target);
}

function methodNotAllowed(method: string, target: Target): S3Error {
  return new S3Error('MethodNotAllowed', {
    extra: { Method: method, ResourceType: target.resource.toUpperCase() },
  });
}
