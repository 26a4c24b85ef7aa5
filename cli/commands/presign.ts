/** `bucketree presign`: a URL made here, without asking the server. */
import { isBucketName, parseObjectKey } from '../../lib/names.js';
import { presign } from '../../server/s3/auth/sign.js';
import type { Invocation } from '../command.js';
import { connectionOf } from '../connection.js';
import { type ExitCode, Fault } from '../fault.js';

export async function run({ settings, arguments: [object = ''], terminal }: Invocation): Promise<ExitCode> {
  const { method, expires } = settings.values;
  const { bucket, key } = parseObject(object);
  const connection = connectionOf(settings, terminal);
  const target = presign({
    method,
    host: new URL(connection.url).host,
    path: `/${bucket}/${key}`,
    credentials: { accessKeyId: connection.accessKey, secret: connection.secretKey },
    region: connection.region,
    time: Date.now(),
    expires,
  });
  terminal.stdout.write(`${connection.url}${target}\n`);
  return 0;
}

/** `BUCKET/KEY`, `s3://BUCKET/KEY`; the key as it is, whatever is in it. @throws Fault */
export function parseObject(text: string): { readonly bucket: string; readonly key: string } {
  const path = text.replace(/^s3:\/\//, '');
  const slash = path.indexOf('/');
  const bucket = path.slice(0, slash);
  const key = path.slice(slash + 1);
  if (slash < 0 || key === '' || !isBucketName(bucket)) {
    throw new Fault(2, `${JSON.stringify(text)} names no object`, 'write BUCKET/KEY: pictures/2026/cat.jpg');
  }
  try {
    return { bucket, key: parseObjectKey(key) };
  } catch (error) {
    throw new Fault(2, error instanceof Error ? error.message : String(error), undefined, error);
  }
}
