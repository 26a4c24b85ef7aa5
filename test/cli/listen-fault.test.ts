import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import t from 'tap';
import { Fault } from '../../cli/fault.js';
import { listenFault } from '../../cli/listen-fault.js';

/** What listening there is refused with. */
async function refusal(host: string, port: number): Promise<unknown> {
  const server = createServer();
  server.listen({ host, port });
  return once(server, 'listening').then(
    () => server.close(),
    (error: unknown) => listenFault(error, { host, port }),
  );
}

t.test('a taken port is named, with another one to choose', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  t.match(await refusal('127.0.0.1', port), {
    name: 'Fault',
    exitCode: 1,
    message: `cannot listen on 127.0.0.1:${port}: another program has the port (EADDRINUSE)`,
    remedy: `--listen 127.0.0.1:${port + 1}`,
  });
});

t.test('an address or a name this machine does not have is named', async (t) => {
  t.match(await refusal('192.0.2.1', 9000), { message: /no such address/, remedy: /--listen :9000/ });
  t.match(await refusal('no-such-host.invalid', 9000), { message: /not known here/ });
});

t.test('a port that needs root says so; anything else comes back as it is', async (t) => {
  const denied = Object.assign(new Error('listen EACCES'), { code: 'EACCES' });
  t.match(listenFault(denied, { host: undefined, port: 80 }), { remedy: /--listen :9000/ });
  t.ok(listenFault(denied, { host: undefined, port: 80 }) instanceof Fault);
  const other = new Error('other');
  t.equal(listenFault(other, { host: undefined, port: 80 }), other);
});
