/** What starting says to a person: where, what, and how to get in. Pure: facts in, text out. */
import { suggestBucketName } from './bucket-mapping.js';
import { clientSettings, quote } from './client-settings.js';
import type { FirstKey } from './accounts.js';
import type { Survey } from './survey.js';
import { printable } from './terminal.js';

export interface Started {
  readonly url: string;
  readonly region: string;
  readonly loopback: boolean;
  readonly readOnly: boolean;
  readonly workers: number;
  readonly directory: string | undefined;
  readonly survey: Survey | undefined;
  readonly buckets: readonly { readonly name: string; readonly directory: string }[];
  /** Where it is mounted as well. */
  readonly mountpoint: string | undefined;
  /** Of the root account. */
  readonly accessKey: string;
  /** Made by this start: shown this once. */
  readonly firstKey: FirstKey | undefined;
}

/** Lists longer than this are cut. */
const SHOWN = 20;

export function greeting(started: Started): string {
  return [
    headline(started),
    ...bucketLines(started),
    ...(started.mountpoint === undefined ? [] : [`Mounted on ${printable(started.mountpoint)}`]),
    ...(started.survey === undefined ? [] : unreachableLines(started.survey, started.directory ?? '')),
    '',
    ...(started.firstKey === undefined ? knownKeyLines(started) : firstKeyLines(started, started.firstKey)),
    '',
  ].join('\n');
}

function headline({ url, loopback, readOnly, workers }: Started): string {
  const facts = [
    ...(loopback ? ['this machine only; --listen :9000 serves the network'] : []),
    ...(readOnly ? ['read-only'] : []),
    ...(workers > 1 ? [`${workers} workers`] : []),
  ];
  return `Bucketree serves ${url}${facts.length === 0 ? '' : `  (${facts.join('; ')})`}`;
}

function bucketLines({ buckets, directory }: Started): readonly string[] {
  if (buckets.length === 0)
    return [`  no buckets yet: make a directory in ${directory ?? ''}, or create one over S3`];
  const width = Math.max(...buckets.slice(0, SHOWN).map(({ name }) => name.length));
  const lines = buckets
    .slice(0, SHOWN)
    .map((bucket) => `  ${bucket.name.padEnd(width)}  ${printable(bucket.directory)}`);
  return buckets.length > SHOWN ? [...lines, `  and ${buckets.length - SHOWN} more`] : lines;
}

function unreachableLines({ unreachable, count, incomplete }: Survey, directory: string): readonly string[] {
  if (count === 0) return [];
  const more = count - unreachable.length;
  const rest = more > 0 || incomplete ? ` and ${incomplete ? 'at least ' : ''}${more} more` : '';
  return [
    '',
    `Not reachable, as no bucket can be named so: ${unreachable.map(printable).join(', ')}${rest}.`,
    'To serve the whole directory as one bucket:',
    `  bucketree serve --bucket ${suggestBucketName(directory)}=${quote(directory)}`,
  ];
}

function firstKeyLines(started: Started, { id, secret, path }: FirstKey): readonly string[] {
  const bucket = started.buckets[0]?.name ?? 'BUCKET';
  const { url, region } = started;
  return [
    `Access key: ${id}`,
    `Secret key: ${secret}`,
    path === undefined
      ? 'Made for this run and kept nowhere.'
      : `Made now and shown this once; kept in ${path}.`,
    '',
    'To paste (bucketree env boto3|rclone|s3cmd|restic|mc has others):',
    ...indent(clientSettings('aws', { url, region, accessKey: id, secretKey: secret, bucket })),
  ];
}

function knownKeyLines({ accessKey, directory, url }: Started): readonly string[] {
  const place = directory === undefined ? '' : ` ${quote(directory)}`;
  return [
    `Access key: ${accessKey}`,
    `Settings to paste: bucketree env aws|boto3|rclone|s3cmd|restic|mc${place} --endpoint ${url}`,
  ];
}

function indent(text: string): readonly string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `  ${line}`);
}
