import t from 'tap';
import { Patience } from '../../../mount/kernel/patience.js';

t.test('a program that is quick is waited for as long as may be', async (t) => {
  const patience = new Patience(0.05);
  t.equal(patience.milliseconds, 0.05);
  patience.exhausted(10);
  patience.rewarded();
  t.equal(patience.milliseconds, 0.05);
});

t.test('where asking is in vain it is given up', async (t) => {
  const patience = new Patience(0.05);
  const tried: number[] = [];
  for (let time = 0; time < 100; time += 10) {
    patience.woken(time);
    tried.push(patience.milliseconds);
    patience.exhausted(time + 1);
  }
  t.equal(tried[0], 0.05);
  t.ok(tried.every((each, index) => index === 0 || each <= (tried[index - 1] ?? 0)));
  t.equal(tried.at(-1), 0);
});

t.test('a request that comes right after falling asleep makes it patient again', async (t) => {
  const patience = new Patience(0.05);
  for (let time = 0; time < 100; time += 10) patience.exhausted(time);
  t.equal(patience.milliseconds, 0);
  patience.woken(90.2);
  t.equal(patience.milliseconds, 0, 'not that one');
  patience.exhausted(100);
  patience.woken(100.04);
  t.equal(patience.milliseconds, 0.05);
});

t.test('no patience stays none', async (t) => {
  const patience = new Patience(0);
  patience.exhausted(1);
  patience.woken(1);
  patience.rewarded();
  t.equal(patience.milliseconds, 0);
});
