import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { find } from '../system/disk.js';
import { lacking, noise, place, programNeeded } from './server.js';

const skip = lacking(programNeeded('docker-registry'));

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, 'close');
  return port;
}

function digest(body: Buffer | string): string {
  return `sha256:${createHash('sha256').update(body).digest('hex')}`;
}

t.test('docker-registry keeps its blobs with us', { skip, timeout: 300_000 }, async (t) => {
  const { server, home } = await place(t);
  await server.client.makeBucket('registry');
  const port = await freePort();
  const config = {
    version: '0.1',
    log: { level: 'warn' },
    http: { addr: `127.0.0.1:${port}`, secret: 'shared' },
    storage: {
      s3: {
        accesskey: server.accessKey,
        secretkey: server.secretKey,
        region: 'us-east-1',
        regionendpoint: server.url,
        bucket: 'registry',
        secure: false,
        v4auth: true,
        chunksize: 5 << 20,
        rootdirectory: '/images',
      },
      delete: { enabled: true },
    },
  };
  writeFileSync(join(home, 'config.yml'), JSON.stringify(config));
  const registry = spawn(find('docker-registry') ?? '', ['serve', join(home, 'config.yml')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'], OTEL_TRACES_EXPORTER: 'none' },
  });
  let said = '';
  registry.stderr.on('data', (block: Buffer) => (said += block.toString()));
  t.teardown(() => void registry.kill('SIGKILL'));
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries++) {
    try {
      await fetch(`${url}/v2/`);
      break;
    } catch (error) {
      if (tries > 100) throw new Error(said, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  const push = async (body: Buffer, pieces: readonly number[]): Promise<void> => {
    const start = await fetch(`${url}/v2/app/blobs/uploads/`, { method: 'POST' });
    t.equal(start.status, 202, said);
    let location = start.headers.get('location') ?? '';
    let at = 0;
    for (const size of pieces) {
      const piece = body.subarray(at, at + size);
      const patched = await fetch(location, {
        method: 'PATCH',
        headers: {
          'content-type': 'application/octet-stream',
          'content-range': `${at}-${at + piece.length - 1}`,
        },
        body: new Uint8Array(piece),
      });
      t.equal(patched.status, 202, `PATCH at ${at} ${patched.ok ? '' : said}`);
      location = patched.headers.get('location') ?? '';
      at += piece.length;
    }
    const end = new URL(location);
    end.searchParams.set('digest', digest(body));
    const put = await fetch(end, { method: 'PUT' });
    t.equal(put.status, 201, `PUT ${put.ok ? '' : (await put.text()) + said}`);
  };
  const pull = async (name: string, accept = '*/*'): Promise<Buffer> => {
    const got = await fetch(`${url}/v2/app/${name}`, { headers: { accept } });
    t.equal(got.status, 200, `${name} ${got.ok ? '' : said}`);
    return Buffer.from(await got.arrayBuffer());
  };

  const small = Buffer.from('{"architecture":"amd64"}');
  await push(small, [small.length]);
  t.ok((await pull(`blobs/${digest(small)}`)).equals(small), 'a small blob, by its presigned redirect');
  const large = noise(23 << 20, 11);
  await push(large, [12 << 20, 1 << 20, 10 << 20]);
  t.ok((await pull(`blobs/${digest(large)}`)).equals(large), 'a large blob pushed in pieces');

  const media = 'application/vnd.docker.distribution.manifest.v2+json';
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: media,
    config: {
      mediaType: 'application/vnd.docker.container.image.v1+json',
      size: small.length,
      digest: digest(small),
    },
    layers: [
      {
        mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
        size: large.length,
        digest: digest(large),
      },
    ],
  });
  const tagged = await fetch(`${url}/v2/app/manifests/latest`, {
    method: 'PUT',
    headers: { 'content-type': media },
    body: manifest,
  });
  t.equal(tagged.status, 201, 'a manifest');
  t.equal((await pull('manifests/latest', media)).toString(), manifest);
  t.match((await pull('tags/list')).toString(), 'latest');
});
