import t from 'tap';
import {
  checkVersionId,
  parseVersionId,
  requireCurrentVersion,
} from '../../../../server/s3/operations/version-id.js';
import { asked } from './asked.js';

t.test('no id and null are the object itself', async (t) => {
  t.equal(parseVersionId(undefined), 'current');
  t.equal(parseVersionId('null'), 'null');
  t.doesNotThrow(() => checkVersionId('null'));
  t.doesNotThrow(() => requireCurrentVersion(asked()));
});

t.test('what could be an id is one of no version, the rest is no id', async (t) => {
  const id = 'L4kqtJlcpXroDTDmpUMLUo1234567890';
  t.equal(parseVersionId(id), 'unknown');
  t.throws(() => checkVersionId(id), { code: 'NoSuchVersion' });
  t.throws(() => parseVersionId(''), { code: 'InvalidArgument' });
  t.throws(() => parseVersionId('1'), { code: 'InvalidArgument' });
  t.throws(() => requireCurrentVersion(asked({}, { versionId: id })), { code: 'NoSuchVersion' });
});
