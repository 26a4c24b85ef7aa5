/**
 * Bare servers that answer the same bytes and know nothing: `bare.js http|koa`. GET and HEAD answer 4 KiB, PUT
 * drains its body. Prints the port.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';

const body = Buffer.alloc(4096, 'a body of the bench ');
const headers = {
  'Content-Type': 'application/octet-stream',
  ETag: '"0123456789abcdef0123456789abcdef"',
  'Last-Modified': 'Fri, 20 Nov 2026 20:00:00 GMT',
  'Accept-Ranges': 'bytes',
  'x-amz-request-id': '0123456789ABCDEF',
};

function drained(request: IncomingMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    request.on('end', resolve);
    request.on('error', reject);
    request.resume();
  });
}

function handlerOf(kind: string): Parameters<typeof createServer>[1] {
  if (kind === 'koa') {
    const app = new Koa();
    app.use(async (context) => {
      context.set(headers);
      if (context.method === 'PUT') {
        await drained(context.req);
        context.status = 200;
        context.body = '';
      } else {
        context.body = body;
      }
    });
    return app.callback();
  }
  return (request, response) => {
    if (request.method === 'PUT') {
      void drained(request).then(() => {
        response.writeHead(200, { ...headers, 'Content-Length': 0 });
        response.end();
      });
      return;
    }
    response.writeHead(200, { ...headers, 'Content-Length': body.length });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
}

const server = createServer({ keepAlive: true }, handlerOf(process.argv[2] ?? 'http'));
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
