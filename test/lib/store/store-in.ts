/** A store over a directory of its own, as a server opens it, and the few calls most tests make. */
import type { Test } from 'tap';
import type { StoreError } from '../../../lib/errors.js';
import type { BucketName, ObjectKey } from '../../../lib/names.js';
import { type LocalStore, openStore, type StoreHooks } from '../../../lib/store/local.js';
import type { ObjectAttributes, ObjectInfo, WriteConditions } from '../../../lib/store/model.js';
import type { StoreOptions } from '../../../lib/store/options.js';
import { PLAIN } from '../../../lib/store/record.js';

export const PHOTOS = 'photos' as BucketName;

export interface Opened {
  readonly store: LocalStore;
  readonly directory: string;
  /** What was reported from behind the scenes. */
  readonly reports: StoreError[];
}

/** @param directory of the store; without it the test gets one with an empty bucket `photos` */
export async function storeIn(
  t: Test,
  options: Partial<StoreOptions> = {},
  directory: string = t.testdir({ photos: {} }),
  hooks: StoreHooks = {},
): Promise<Opened> {
  const reports: StoreError[] = [];
  const store = await openStore(
    {
      directory,
      buckets: new Map(),
      durability: 'none',
      owner: undefined,
      umask: undefined,
      followSymlinks: false,
      readOnly: false,
      cacheBytes: 16 * 1024 * 1024,
      ...options,
    },
    { report: (error) => reports.push(error), ...hooks },
  );
  t.teardown(() => store.close());
  return { store, directory, reports };
}

export async function put(
  store: LocalStore,
  key: string,
  content: string | Uint8Array,
  attributes: Partial<ObjectAttributes> = {},
  conditions: WriteConditions = {},
  bucket: BucketName = PHOTOS,
): Promise<ObjectInfo> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const target = { kind: 'object', bucket, key: key as ObjectKey } as const;
  const receiver = store.receive(target, { size: bytes.length, algorithms: [], payloadSha256: false });
  await receiver.write(bytes);
  const received = await receiver.finish();
  const request = { attributes: { ...PLAIN, ...attributes }, conditions, checksums: [] };
  return store.put(bucket, key as ObjectKey, received, request);
}

/** The whole content, as a GET gives it. */
export async function get(store: LocalStore, key: string, bucket: BucketName = PHOTOS): Promise<Buffer> {
  const reader = await store.open(bucket, key as ObjectKey);
  const blocks: Buffer[] = [];
  try {
    await reader.pump(0, reader.info.size, (block) => void blocks.push(Buffer.from(block)));
  } finally {
    reader.close();
  }
  return Buffer.concat(blocks);
}

export async function head(store: LocalStore, key: string, bucket: BucketName = PHOTOS): Promise<ObjectInfo> {
  return store.head(bucket, key as ObjectKey);
}
