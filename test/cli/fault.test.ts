import t from 'tap';
import { describeFault, exitCodeOf, Fault } from '../../cli/fault.js';
import { StoreError } from '../../lib/errors.js';

t.test('a mistake is told with its remedy and without a stack', async (t) => {
  const fault = new Fault(78, 'b.toml:3: no such setting', 'write listen');
  t.equal(describeFault(fault), 'bucketree: b.toml:3: no such setting\n  fix: write listen');
  t.equal(describeFault(new Fault(1, 'it failed')), 'bucketree: it failed');
  t.equal(describeFault(new StoreError('ReadOnly', 'write /x: EROFS')), 'bucketree: write /x: EROFS');
  t.equal(exitCodeOf(fault), 78);
});

t.test('a bug shows where it is', async (t) => {
  const bug = new TypeError('oops');
  t.match(describeFault(bug), /TypeError: oops\n\s+at .*fault\.test/);
  t.equal(describeFault('oops'), 'bucketree: oops');
  t.equal(exitCodeOf(bug), 1);
});
