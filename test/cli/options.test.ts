import t from 'tap';
import { isOptionName, OPTION_NAMES, optionOf, OPTIONS } from '../../cli/options.js';

t.test('every default is accepted by its own option, and every help is one sentence', async (t) => {
  for (const name of OPTION_NAMES) {
    const { initial, parse, help, kind, value } = optionOf(name);
    t.doesNotThrow(() => parse(initial, '/'), name);
    t.match(help, /^[A-Z].*[^.]$/, name);
    t.equal(kind === 'switch', value === '', `${name} has a value unless it is a switch`);
  }
  t.equal(isOptionName('listen'), true);
  t.equal(isOptionName('constructor'), false);
});

t.test('what would not work later is refused now', async (t) => {
  const refused: readonly (readonly [keyof typeof OPTIONS, readonly string[]])[] = [
    ['publicRead', ['Photos', 'a', 'x..y']],
    ['domain', ['', 'a b', 'http://x', '-a.b']],
    ['region', ['', 'eu west', 'é']],
    ['umask', ['', '8', '1777', '0o22', '22222']],
    ['endpoint', ['nas:9000', 'ftp://x', 'http://x/path', 'http://u@x', 'http://']],
    ['expires', ['0', '8d', 'soon']],
    ['workers', ['0', '1000', 'all']],
    ['accessKey', ['a b', 'ab']],
    ['secretKey', ['', 'a b']],
  ];
  for (const [name, texts] of refused) {
    for (const text of texts) t.throws(() => optionOf(name).parse([text], '/'), `${name} ${text}`);
  }
});

t.test('what people write is understood', async (t) => {
  t.equal(OPTIONS.umask.parse(['022'], '/'), 0o022);
  t.same(OPTIONS.domain.parse(['S3.Example.com.'], '/'), ['s3.example.com']);
  t.equal(OPTIONS.endpoint.parse(['https://nas.example.com/'], '/'), 'https://nas.example.com');
  t.equal(OPTIONS.expires.parse(['7d'], '/'), 604_800);
  t.equal(OPTIONS.cacheMemory.parse(['1G'], '/'), 1024 ** 3);
});
