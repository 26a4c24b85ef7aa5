import t from 'tap';
import { andThen, ending, onFailure } from '../../../mount/filesystem/eventually.js';

const later = <T>(value: T): Promise<T> => new Promise((resolve) => setImmediate(() => resolve(value)));

t.test('what is there at once goes on at once', async (t) => {
  t.equal(
    andThen(1, (value) => value + 1),
    2,
  );
  t.equal(await andThen(later(1), (value) => value + 1), 2);
});

t.test('the end comes once, when all is over', async (t) => {
  const told: string[] = [];
  const end = (): void => void told.push('end');
  t.equal(
    ending(() => 1, end),
    1,
  );
  t.throws(() =>
    ending(() => {
      throw new Error('no');
    }, end),
  );
  t.strictSame(told.splice(0), ['end', 'end']);
  const promise = ending(() => later(2), end);
  t.strictSame(told, []);
  t.equal(await promise, 2);
  t.strictSame(told.splice(0), ['end']);
  await t.rejects(ending(() => Promise.reject(new Error('no')), end));
  t.strictSame(told, ['end']);
});

t.test('what failed is told, and fails', async (t) => {
  let failed = 0;
  const fail = (): void => void (failed += 1);
  t.equal(
    onFailure(() => 1, fail),
    1,
  );
  t.equal(await onFailure(() => later(2), fail), 2);
  t.equal(failed, 0);
  t.throws(() =>
    onFailure(() => {
      throw new Error('no');
    }, fail),
  );
  await t.rejects(async () => onFailure(() => Promise.reject(new Error('no')), fail));
  t.equal(failed, 2);
});
