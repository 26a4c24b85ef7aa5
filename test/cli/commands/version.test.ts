import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { packageVersion } from '../../../cli/commands/version.js';
import { ROOT } from '../../sources.js';
import { bucketree } from '../captured.js';

t.test('the version is the package’s', async (t) => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  t.equal(packageVersion(), version);
  t.match(await bucketree(['version'], t.testdir()), { code: 0, stdout: `bucketree ${version}\n` });
  const { stdout } = await bucketree(['version', '--json'], t.testdir());
  t.match(JSON.parse(stdout), { version, node: process.versions.node });
});
