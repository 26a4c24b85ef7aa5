/**
 * A plain S3 client for the judges: one call is one request over a kept connection, the answer is handed
 * back as it came, a body cut short is told apart from a whole one, and nothing is retried.
 */
import { createHash } from 'node:crypto';
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { EMPTY_SHA256, UNSIGNED, pathOf, queryString, signedHeaders } from '../../bench/sign.js';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly accessKey: string;
  readonly secretKey: string;
}

export interface Answer {
  /** 0: the connection ended before an answer. */
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The body ended before its length, or the connection broke: no client takes such an answer. */
  readonly cut: boolean;
  readonly text: string;
  /** `<Code>` of an error. */
  readonly code: string | undefined;
  readonly etag: string | undefined;
}

export interface Ask {
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
  /** Sign the payload's SHA-256 instead of leaving it unsigned. */
  readonly signPayload?: boolean;
  /** Sees each block as it arrives; what it returns is awaited, and the socket is not read meanwhile. */
  readonly onBlock?: (block: Buffer) => void | Promise<void>;
  /** Milliseconds without a byte after which the request is given up. */
  readonly timeout?: number;
}

export interface Listed {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
}

export interface Listing {
  readonly objects: readonly Listed[];
  readonly prefixes: readonly string[];
}

export class Client {
  readonly endpoint: Endpoint;
  readonly #agent: Agent;

  constructor(endpoint: Endpoint, connections = 64) {
    this.endpoint = endpoint;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  close(): void {
    this.#agent.destroy();
  }

  ask(method: string, bucket: string, key?: string, ask: Ask = {}): Promise<Answer> {
    const { host, port, accessKey, secretKey } = this.endpoint;
    const path = bucket === '' ? '/' : pathOf(bucket, key);
    const body = ask.body === undefined ? undefined : Buffer.from(ask.body);
    const payload =
      body === undefined
        ? EMPTY_SHA256
        : ask.signPayload === true
          ? createHash('sha256').update(body).digest('hex')
          : UNSIGNED;
    const headers = signedHeaders(
      { accessKey, secretKey, region: 'us-east-1' },
      {
        method,
        host: `${host}:${port}`,
        path,
        payload,
        ...(ask.query ? { query: ask.query } : {}),
        ...(ask.headers ? { headers: ask.headers } : {}),
      },
      new Date(),
    );
    if (body !== undefined || method === 'PUT' || method === 'POST') {
      headers['content-length'] = String(body?.length ?? 0);
    }
    const query = ask.query === undefined ? '' : '?' + queryString(ask.query);
    return this.#send(method, path + query, headers, body, ask);
  }

  #send(
    method: string,
    path: string,
    headers: Record<string, string>,
    body: Buffer | undefined,
    ask: Ask,
  ): Promise<Answer> {
    const { host, port } = this.endpoint;
    return new Promise((resolve) => {
      const blocks: Buffer[] = [];
      const request = httpRequest({ host, port, method, path, headers, agent: this.#agent });
      request.setTimeout(ask.timeout ?? 120_000, () => request.destroy(new Error('no byte in time')));
      request.on('error', (error) => resolve(answer(0, {}, Buffer.from(String(error)), true)));
      request.on('response', (response) => {
        let last: void | Promise<void>;
        const done = (cut: boolean): void =>
          resolve(answer(response.statusCode ?? 0, response.headers, Buffer.concat(blocks), cut));
        response.on('data', (block: Buffer) => {
          blocks.push(block);
          last = ask.onBlock?.(block);
          if (last !== undefined) {
            response.pause();
            void last.then(() => response.resume());
          }
        });
        response.on('end', () => done(!response.complete));
        response.on('error', () => done(true));
        response.on('close', () => done(!response.complete));
      });
      request.end(body);
    });
  }

  get(bucket: string, key: string, ask?: Ask): Promise<Answer> {
    return this.ask('GET', bucket, key, ask);
  }

  head(bucket: string, key: string, ask?: Ask): Promise<Answer> {
    return this.ask('HEAD', bucket, key, ask);
  }

  put(bucket: string, key: string, body: Buffer | string, headers?: Record<string, string>): Promise<Answer> {
    return this.ask('PUT', bucket, key, { body, ...(headers ? { headers } : {}) });
  }

  delete(bucket: string, key: string): Promise<Answer> {
    return this.ask('DELETE', bucket, key);
  }

  copy(bucket: string, from: string, to: string): Promise<Answer> {
    return this.ask('PUT', bucket, to, { headers: { 'x-amz-copy-source': pathOf(bucket, from) } });
  }

  tag(bucket: string, key: string, name: string, value: string): Promise<Answer> {
    const body = `<Tagging><TagSet><Tag><Key>${name}</Key><Value>${value}</Value></Tag></TagSet></Tagging>`;
    return this.ask('PUT', bucket, key, {
      query: { tagging: '' },
      body,
      headers: { 'content-md5': md5Base64(body) },
    });
  }

  makeBucket(bucket: string): Promise<Answer> {
    return this.ask('PUT', bucket);
  }

  /** Every page. @throws Error when a page is not answered with 200 */
  async list(bucket: string, options: ListOptions = {}): Promise<Listing> {
    const objects: Listed[] = [];
    const prefixes: string[] = [];
    let token: string | undefined;
    do {
      const query: Record<string, string> = { 'list-type': '2', 'encoding-type': 'url' };
      if (options.prefix !== undefined) query['prefix'] = options.prefix;
      if (options.delimiter !== undefined) query['delimiter'] = options.delimiter;
      if (options.pageSize !== undefined) query['max-keys'] = String(options.pageSize);
      if (token !== undefined) query['continuation-token'] = token;
      const page = await this.ask('GET', bucket, undefined, { query });
      if (page.status !== 200 || page.cut) throw new Error(`listing: ${page.status} ${page.text}`);
      for (const [, content] of page.text.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
        objects.push({
          key: fromUrl(element(content ?? '', 'Key') ?? ''),
          size: Number(element(content ?? '', 'Size')),
          etag: unquote(element(content ?? '', 'ETag') ?? ''),
        });
      }
      for (const [, content] of page.text.matchAll(/<CommonPrefixes>(.*?)<\/CommonPrefixes>/gs)) {
        prefixes.push(fromUrl(element(content ?? '', 'Prefix') ?? ''));
      }
      token = element(page.text, 'NextContinuationToken');
      token = token === undefined ? undefined : unescapeXml(token);
    } while (token !== undefined);
    return { objects, prefixes };
  }

  async createUpload(bucket: string, key: string): Promise<string> {
    const answer = await this.ask('POST', bucket, key, { query: { uploads: '' } });
    const id = element(answer.text, 'UploadId');
    if (answer.status !== 200 || id === undefined) throw new Error(`upload: ${answer.status} ${answer.text}`);
    return id;
  }

  putPart(bucket: string, key: string, uploadId: string, number: number, body: Buffer): Promise<Answer> {
    return this.ask('PUT', bucket, key, { query: { partNumber: String(number), uploadId }, body });
  }

  completeUpload(
    bucket: string,
    key: string,
    uploadId: string,
    parts: readonly { readonly number: number; readonly etag: string }[],
  ): Promise<Answer> {
    const list = parts
      .map(({ number, etag }) => `<Part><PartNumber>${number}</PartNumber><ETag>"${etag}"</ETag></Part>`)
      .join('');
    return this.ask('POST', bucket, key, {
      query: { uploadId },
      body: `<CompleteMultipartUpload>${list}</CompleteMultipartUpload>`,
    });
  }
}

export interface ListOptions {
  readonly prefix?: string;
  readonly delimiter?: string;
  readonly pageSize?: number;
}

/** The text of the first such element; XML escapes are left as they are. */
export function element(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}(?: [^>]*)?>([^<]*)</${name}>`).exec(xml)?.[1];
}

export function md5(body: Buffer | string): string {
  return createHash('md5').update(body).digest('hex');
}

function md5Base64(body: string): string {
  return createHash('md5').update(body).digest('base64');
}

function unescapeXml(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#34;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}

function fromUrl(text: string): string {
  return decodeURIComponent(unescapeXml(text).replaceAll('+', ' '));
}

function unquote(etag: string): string {
  return unescapeXml(etag).replaceAll('"', '');
}

function answer(status: number, headers: IncomingHttpHeaders, body: Buffer, cut: boolean): Answer {
  const text = body.length < 8_000_000 ? body.toString('utf8') : '';
  const etag = headers.etag?.replaceAll('"', '');
  return { status, headers, body, cut, text, code: status >= 400 ? element(text, 'Code') : undefined, etag };
}
