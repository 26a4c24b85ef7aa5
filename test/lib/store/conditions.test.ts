import t from 'tap';
import type { ObjectKey } from '../../../lib/names.js';
import { checkConditions, isUnconditional } from '../../../lib/store/conditions.js';
import type { ObjectInfo, WriteConditions } from '../../../lib/store/model.js';
import { PLAIN } from '../../../lib/store/record.js';

const current: ObjectInfo = {
  ...PLAIN,
  key: 'a' as ObjectKey,
  size: 7,
  modified: 1_700_000_000_900,
  etag: 'abc',
  contentType: 'text/plain',
  checksums: [],
};

/** What they say: 'passes', or the code of the error. */
function said(conditions: WriteConditions, object: ObjectInfo | undefined): string {
  try {
    checkConditions(conditions, object);
    return 'passes';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

t.test('conditions on an object that exists', async (t) => {
  t.equal(said({}, current), 'passes');
  t.equal(said({ ifNoneMatch: '*' }, current), 'PreconditionFailed');
  t.equal(said({ ifMatch: '*' }, current), 'passes');
  t.equal(said({ ifMatch: ['x', 'abc'] }, current), 'passes');
  t.equal(said({ ifMatch: ['x'] }, current), 'PreconditionFailed');
  t.equal(said({ ifMatch: [] }, current), 'PreconditionFailed');
  t.equal(said({ ifSize: 7 }, current), 'passes');
  t.equal(said({ ifSize: 8 }, current), 'PreconditionFailed');
  t.equal(said({ ifModified: 1_700_000_000_000 }, current), 'passes', 'in whole seconds');
  t.equal(said({ ifModified: 1_700_000_001_000 }, current), 'PreconditionFailed');
  t.equal(said({ ifMatch: ['abc'], ifSize: 8 }, current), 'PreconditionFailed', 'all have to hold');
});

t.test('conditions on nothing', async (t) => {
  t.equal(said({}, undefined), 'passes');
  t.equal(said({ ifNoneMatch: '*' }, undefined), 'passes');
  t.equal(said({ ifMatch: '*' }, undefined), 'NoSuchKey');
  t.equal(said({ ifMatch: ['abc'] }, undefined), 'NoSuchKey');
  t.equal(said({ ifSize: 7, ifModified: 0 }, undefined), 'passes', 'there is nothing to delete');
});

t.test('no condition at all is known as such', async (t) => {
  t.ok(isUnconditional({}));
  for (const one of [
    { ifMatch: '*' as const },
    { ifNoneMatch: '*' as const },
    { ifSize: 0 },
    { ifModified: 0 },
  ]) {
    t.notOk(isUnconditional(one));
  }
});
