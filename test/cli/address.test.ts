import t from 'tap';
import { formatAddress, isLoopback, parseAddress, urlOf } from '../../cli/address.js';

t.test('addresses are read as people write them, and printed the same', async (t) => {
  const written = [
    '127.0.0.1:9000',
    'localhost:80',
    '[::1]:9000',
    ':9000',
    '0.0.0.0:0',
    '[fe80::1%eth0]:65535',
  ];
  for (const text of written) t.equal(formatAddress(parseAddress(text)), text);
  t.same(parseAddress(':9000'), { host: undefined, port: 9000 });
  t.same(parseAddress('[::1]:0'), { host: '::1', port: 0 });
});

t.test('what is no address is refused with what one looks like', async (t) => {
  for (const text of [
    '',
    '9000',
    'localhost',
    '::1:9000',
    '127.0.0.1:65536',
    'a:b',
    '[::1]',
    'http://x:1',
    'a b:1',
  ]) {
    t.throws(() => parseAddress(text), { name: 'RangeError', message: /HOST:PORT/ }, text);
  }
});

t.test('the URL leads to this machine where the address is no destination', async (t) => {
  t.equal(urlOf({ host: undefined, port: 1 }), 'http://127.0.0.1:1');
  t.equal(urlOf({ host: '0.0.0.0', port: 1 }), 'http://127.0.0.1:1');
  t.equal(urlOf({ host: '::', port: 1 }), 'http://[::1]:1');
  t.equal(urlOf({ host: 'nas.local', port: 1 }), 'http://nas.local:1');
});

t.test('only loopback addresses keep others out', async (t) => {
  for (const host of ['127.0.0.1', '127.8.8.8', '::1', 'localhost'])
    t.ok(isLoopback({ host, port: 1 }), host);
  for (const host of [undefined, '0.0.0.0', '::', '10.0.0.1', '127.evil.example']) {
    t.notOk(isLoopback({ host, port: 1 }), String(host));
  }
});
