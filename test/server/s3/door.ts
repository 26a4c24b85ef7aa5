/** A door with a socket for tests: two accounts, one bucket, and the operations the test brings. */
import { once } from 'node:events';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { AccessKey, Account, Accounts } from '../../../lib/access/account.js';
import { StoreError } from '../../../lib/errors.js';
import type { BucketInfo } from '../../../lib/store/model.js';
import type { Store } from '../../../lib/store/store.js';
import { LIMITS, type Limits } from '../../../server/http/listen.js';
import type { S3Options } from '../../../server/s3/app.js';
import { signHeaders, type Credentials } from '../../../server/s3/auth/sign.js';
import type { Handler, Operation } from '../../../server/s3/operation.js';
import { MODEL } from '../../../server/s3/rows.js';
import { createS3Server, type S3Server } from '../../../server/s3/server.js';

export const ROOT: Account = { id: 'root-id', displayName: 'root', root: true };
export const OTHER: Account = { id: 'other-id', displayName: 'other', root: false };
export const KEY: AccessKey = {
  id: 'AKIAIOSFODNN7EXAMPLE',
  secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  account: ROOT,
};
export const OTHER_KEY: AccessKey = { id: 'AKIAOTHER', secret: 'other-secret', account: OTHER };

export const ACCOUNTS: Accounts = {
  root: ROOT,
  key: (id) => [KEY, OTHER_KEY].find((key) => key.id === id),
  account: (id) => [ROOT, OTHER].find((account) => account.id === id),
};

const bucket: Store['bucket'] = (name): BucketInfo => {
  if (name !== 'bucket' && name !== 'open') throw new StoreError('NoSuchBucket', 'no such bucket');
  return { name, created: 0, settings: {}, mapped: false };
};

/** All the door itself asks a store; handlers of these tests ask nothing. */
export const STORE = { readOnly: false, bucket } as unknown as Store;

export function operation(name: string, handler: Handler): Operation {
  const row = MODEL.find((one) => one.name === name);
  if (row === undefined) throw new Error(`no operation ${name}`);
  return { ...row, handler };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Ask {
  readonly method?: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly payloadHash?: string;
  readonly key?: AccessKey | 'nobody';
  readonly time?: number;
  readonly region?: string;
}

export interface Door extends S3Server {
  readonly port: number;
  readonly host: string;
  readonly bugs: unknown[];
  /** Signed, unless by 'nobody'. */
  ask(request: Ask): Promise<Answer>;
  /** A socket, and everything it has said when it closes. */
  raw(): Promise<{ readonly socket: Socket; readonly closed: Promise<string> }>;
}

export const credentialsOf = (key: AccessKey): Credentials => ({ accessKeyId: key.id, secret: key.secret });

export async function openDoor(
  t: { teardown(end: () => Promise<void>): unknown },
  operations: readonly Operation[],
  options: Partial<S3Options> = {},
  limits: Partial<Limits> = {},
): Promise<Door> {
  const bugs: unknown[] = [];
  const s3 = createS3Server(
    {
      store: STORE,
      accounts: ACCOUNTS,
      region: 'us-east-1',
      publicRead: new Set(['open']),
      operations,
      bug: (error) => bugs.push(error),
      ...options,
    },
    { ...LIMITS, ...limits },
  );
  s3.server.listen(0, '127.0.0.1');
  await once(s3.server, 'listening');
  t.teardown(async () => {
    const stopped = s3.stop();
    void s3.stop();
    await stopped;
  });
  const { port } = s3.server.address() as AddressInfo;
  const host = `127.0.0.1:${port}`;
  return {
    ...s3,
    port,
    host,
    bugs,
    ask: (request) => ask(port, host, request),
    async raw() {
      const socket = connect(port, '127.0.0.1');
      let said = '';
      socket.on('data', (chunk) => (said += chunk.toString('latin1')));
      socket.on('error', () => {});
      await once(socket, 'connect');
      return { socket, closed: new Promise<string>((resolve) => socket.on('close', () => resolve(said))) };
    },
  };
}

async function ask(port: number, host: string, request: Ask): Promise<Answer> {
  const { method = 'GET', path, query = {}, headers = {}, key = KEY, body } = request;
  const signed = signHeaders({
    method,
    host,
    path,
    query,
    headers,
    credentials: credentialsOf(key === 'nobody' ? KEY : key),
    region: request.region ?? 'us-east-1',
    time: request.time ?? Date.now(),
    ...(request.payloadHash !== undefined && { payloadHash: request.payloadHash }),
  });
  return send(port, method, signed.target, key === 'nobody' ? { host, ...headers } : signed.headers, body);
}

export function send(
  port: number,
  method: string,
  target: string,
  headers: Readonly<Record<string, string>>,
  body?: string | Buffer,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length =
      body === undefined || 'transfer-encoding' in headers
        ? {}
        : { 'content-length': String(Buffer.byteLength(body)) };
    const outgoing = httpRequest(
      { host: '127.0.0.1', port, method, path: target, headers: { ...length, ...headers }, agent: false },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** The text of the first such element of an answer's XML. */
export function textIn(body: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1];
}
