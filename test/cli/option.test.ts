import { homedir } from 'node:os';
import t from 'tap';
import {
  choice,
  flag,
  flagName,
  many,
  one,
  optional,
  path,
  text,
  variableName,
  wholeNumber,
} from '../../cli/option.js';

t.test('an option has one name in three spellings', async (t) => {
  t.equal(flagName('cacheMemory'), 'cache-memory');
  t.equal(flagName('signatureV2'), 'signature-v2');
  t.equal(flagName('listen'), 'listen');
  t.equal(variableName('cacheMemory'), 'BUCKETREE_CACHE_MEMORY');
});

t.test('a switch is true or false in every common spelling', async (t) => {
  const { parse, initial } = flag('Do it');
  t.equal(parse(initial, '/'), false);
  for (const yes of ['true', '1', 'yes', 'ON']) t.equal(parse([yes], '/'), true, yes);
  for (const no of ['false', '0', 'no', 'off']) t.equal(parse([no], '/'), false, no);
  t.throws(() => parse(['maybe'], '/'), /true or false/);
});

t.test('of one value the last counts, of many all', async (t) => {
  t.equal(one('N', 'n', '1', wholeNumber(0, 9)).parse(['2', '3'], '/'), 3);
  t.equal(one('N', 'n', '1', wholeNumber(0, 9)).parse([], '/'), 1);
  t.equal(optional('N', 'n', wholeNumber(0, 9)).parse([], '/'), undefined);
  t.same(many('S', 's', text).parse(['a', 'b'], '/'), ['a', 'b']);
  t.equal(choice('L', 'l', ['full', 'none']).parse([], '/'), 'full');
  t.throws(() => choice('L', 'l', ['full', 'none']).parse(['half'], '/'), /one of full, none/);
});

t.test('values out of bounds are refused with the bounds', async (t) => {
  for (const wrong of ['', '-1', '10', '1.5', '0x1', ' 1'])
    t.throws(() => wholeNumber(0, 9)(wrong, '/'), /from 0 to 9/, wrong);
  t.throws(() => text(''), /not empty/);
});

t.test('paths are absolute, from where they were written, and ~ is home', async (t) => {
  t.equal(path('a/../b', '/etc'), '/etc/b');
  t.equal(path('/a', '/etc'), '/a');
  t.equal(path('~/x', '/etc'), `${homedir()}/x`);
  t.equal(path('~', '/etc'), homedir());
  t.equal(path('~ann', '/etc'), '/etc/~ann');
  t.throws(() => path('', '/etc'), RangeError);
});
