/**
 * The whole service for tests: a real store in a temporary directory behind a real socket, asked by the AWS SDK
 * or by hand. Everything ends with the test.
 */
import {
  CreateBucketCommand,
  S3Client,
  type BucketLocationConstraint,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AccessKey } from '../../../lib/access/account.js';
import { openStore } from '../../../lib/store/local.js';
import type { StoreOptions } from '../../../lib/store/options.js';
import type { S3Options } from '../../../server/s3/app.js';
import { implemented } from '../../../server/s3/operations/index.js';
import { KEY, openDoor, type Door } from './door.js';

export interface Serving extends Door {
  readonly endpoint: string;
  /** The store's directory: `bucket` is a bucket in it. */
  readonly directory: string;
  /** The root account's SDK client. */
  readonly client: S3Client;
  /** A client of another account, or configured otherwise. */
  clientOf(key: AccessKey, config?: S3ClientConfig): S3Client;
}

export interface ServeOptions {
  readonly store?: Partial<StoreOptions>;
  readonly door?: Partial<S3Options>;
  /** us-east-1 unless said. */
  readonly region?: string;
}

/** @param t the test it lives as long as */
export async function serve(
  t: { teardown(end: () => Promise<void>): unknown },
  options: ServeOptions = {},
): Promise<Serving> {
  const { region = 'us-east-1' } = options;
  const directory = mkdtempSync(join(tmpdir(), 'bucketree-serve-'));
  const store = await openStore({
    directory,
    buckets: new Map(),
    durability: 'none',
    owner: undefined,
    umask: undefined,
    followSymlinks: false,
    readOnly: false,
    cacheBytes: 16 * 1024 * 1024,
    ...options.store,
  });
  // Ends after the door, whose end is asked for later: a server must not outlive its store.
  t.teardown(async () => {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const door = await openDoor(t, [], {
    operations: implemented,
    store,
    region,
    ...options.door,
  });
  const endpoint = `http://127.0.0.1:${door.port}`;
  const clients: S3Client[] = [];
  t.teardown(async () => clients.forEach((client) => client.destroy()));
  const clientOf = ({ id, secret }: AccessKey, config: S3ClientConfig = {}): S3Client => {
    const client = new S3Client({
      endpoint,
      region,
      forcePathStyle: true,
      credentials: { accessKeyId: id, secretAccessKey: secret },
      maxAttempts: 1,
      ...config,
    });
    clients.push(client);
    return client;
  };
  const client = clientOf(KEY);
  await client.send(
    new CreateBucketCommand({
      Bucket: 'bucket',
      ...(region !== 'us-east-1' && {
        CreateBucketConfiguration: { LocationConstraint: region as BucketLocationConstraint },
      }),
    }),
  );
  return { ...door, endpoint, directory, client, clientOf };
}
