/** Settings of S3 clients, ready to paste: what `bucketree env` prints, and starting ends with. Pure. */

export const CLIENTS = ['aws', 'boto3', 'rclone', 's3cmd', 'restic', 'mc'] as const;
export type Client = (typeof CLIENTS)[number];

export interface Connection {
  /** Without a slash at its end. */
  readonly url: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** For the examples. */
  readonly bucket: string;
}

export function isClient(name: string): name is Client {
  return CLIENTS.some((client) => client === name);
}

/** Whole lines, in the client's own language. */
export function clientSettings(client: Client, connection: Connection): string {
  return `${WRITERS[client](connection).join('\n')}\n`;
}

const WRITERS: Readonly<Record<Client, (connection: Connection) => readonly string[]>> = {
  aws: ({ url, region, accessKey, secretKey, bucket }) => [
    `export AWS_ENDPOINT_URL=${quote(url)}`,
    `export AWS_REGION=${quote(region)} AWS_DEFAULT_REGION=${quote(region)}`,
    `export AWS_ACCESS_KEY_ID=${quote(accessKey)}`,
    `export AWS_SECRET_ACCESS_KEY=${quote(secretKey)}`,
    `# aws s3 ls s3://${bucket}     (before aws-cli 2.13, with --endpoint-url ${url})`,
  ],
  boto3: ({ url, region, accessKey, secretKey }) => [
    'import boto3',
    'from botocore.config import Config',
    '',
    's3 = boto3.client(',
    '    "s3",',
    `    endpoint_url=${JSON.stringify(url)},`,
    `    region_name=${JSON.stringify(region)},`,
    `    aws_access_key_id=${JSON.stringify(accessKey)},`,
    `    aws_secret_access_key=${JSON.stringify(secretKey)},`,
    '    config=Config(s3={"addressing_style": "path"}),',
    ')',
  ],
  rclone: ({ url, region, accessKey, secretKey, bucket }) => [
    `# rclone config file, or: rclone lsf bucketree:${bucket}`,
    '[bucketree]',
    'type = s3',
    'provider = Other',
    `endpoint = ${url}`,
    `region = ${region}`,
    `access_key_id = ${accessKey}`,
    `secret_access_key = ${secretKey}`,
    'force_path_style = true',
  ],
  s3cmd: ({ url, region, accessKey, secretKey }) => [
    '[default]',
    `host_base = ${new URL(url).host}`,
    `host_bucket = ${new URL(url).host}`,
    `use_https = ${url.startsWith('https:') ? 'True' : 'False'}`,
    `bucket_location = ${region}`,
    `access_key = ${accessKey}`,
    // s3cmd's own file format expands %(name)s.
    `secret_key = ${secretKey.replaceAll('%', '%%')}`,
  ],
  restic: ({ url, region, accessKey, secretKey, bucket }) => [
    `export AWS_ACCESS_KEY_ID=${quote(accessKey)}`,
    `export AWS_SECRET_ACCESS_KEY=${quote(secretKey)}`,
    `export AWS_DEFAULT_REGION=${quote(region)}`,
    `export RESTIC_REPOSITORY=${quote(`s3:${url}/${bucket}`)}`,
    '# restic init',
  ],
  mc: ({ url, accessKey, secretKey }) => [
    `mc alias set bucketree ${[url, accessKey, secretKey].map(quote).join(' ')} --api S3v4 --path on`,
  ],
};

/** One word of a POSIX shell. */
export function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
