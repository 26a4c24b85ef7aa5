import t from 'tap';
import { toldOnce, type Unlisted } from '../../../lib/store/unlisted.js';

t.test('the same thing left out again is not told again', (t) => {
  const told: Unlisted[] = [];
  const report = toldOnce((unlisted) => told.push(unlisted));
  for (let page = 0; page < 3; page++) report({ directory: 'a', why: 'unreadable', count: 1 });
  report({ directory: 'b', why: 'unreadable', count: 1 });
  report({ directory: 'a', why: 'unnameable', count: 2 });
  report({ directory: 'a', why: 'unnameable', count: 3 });
  t.strictSame(
    told.map(({ directory, why, count }) => `${directory} ${why} ${count}`),
    ['a unreadable 1', 'b unreadable 1', 'a unnameable 2', 'a unnameable 3'],
  );
  t.end();
});

t.test('what is remembered stays small, at the price of telling something twice', (t) => {
  let told = 0;
  const report = toldOnce(() => told++, 2);
  for (const directory of ['a', 'b', 'c', 'a']) report({ directory, why: 'unreadable', count: 1 });
  t.equal(told, 4);
  t.end();
});
