/**
 * What POSIX says of a filesystem, asked of the mount by pjdfstest (an ordinary ext4 passes 385 and skips 13; no
 * FUSE mount can be asked for the largest number of links) and by fsx, which reads back everything it wrote.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { count, directory, find, lacking } from '../system/disk.js';
import { MODES, mounted, mountNeeded, within } from './mounted.js';

const OPERATIONS = count('TEST_FSX_OPERATIONS', 20_000);

const SETTINGS = `
[features]
posix_fallocate = {}
rename_ctime = {}
utimensat = {}
utime_now = {}
[settings]
naptime = 0.01
allow_remount = false
[dummy_auth]
entries = [["nobody", "nogroup"], ["daemon", "daemon"], ["bin", "bin"]]
`;

/** Where `cargo install` puts what it built. */
function crate(program: string): string | undefined {
  return find(join(process.env['CARGO_HOME'] ?? join(homedir(), '.cargo'), 'bin', program)) ?? find(program);
}

const pjdfstest = crate('pjdfstest');
const fsx = crate('fsx');

const skip = lacking(
  mountNeeded(),
  pjdfstest === undefined ? 'pjdfstest is not installed (cargo install pjdfstest@0.2.2)' : undefined,
  fsx === undefined ? 'fsx is not installed (cargo install fsx@0.3.2)' : undefined,
);

for (const mode of MODES) {
  t.test(`${mode}: pjdfstest finds nothing wrong`, { skip, timeout: 0 }, async (t) => {
    const mount = await mounted(t, { mode });
    mkdirSync(join(mount.store, 'posix'));
    const settings = join(directory(t), 'pjdfstest.toml');
    writeFileSync(settings, SETTINGS);
    const { output } = await within(
      mount,
      [pjdfstest ?? '', '-c', settings, '-p', join(mount.at, 'posix'), '-s', '/dev/shm'],
      { milliseconds: 300_000 },
    );
    const failed = output.split('\n').filter((line) => /\sfailed$/i.test(line));
    t.same(failed, [], 'no test failed');
    const [, wrong, skipped, passed] = /(\d+) failed, (\d+) skipped, (\d+) passed/.exec(output) ?? [];
    t.same({ wrong, skipped, passed }, { wrong: '0', skipped: '14', passed: '384' }, output.slice(-2000));
  });

  t.test(
    `${mode}: ${OPERATIONS} random operations on a file read back what they wrote`,
    { skip, timeout: 0 },
    async (t) => {
      const mount = await mounted(t, { mode });
      mkdirSync(join(mount.store, 'random'));
      const { code, output } = await within(
        mount,
        [fsx ?? '', '-N', String(OPERATIONS), '-S', '1', '-q', join(mount.at, 'random/file')],
        { milliseconds: 600_000 },
      );
      t.equal(code, 0, output.slice(-2000));
      t.ok(mount.server.running, 'the service runs on');
      t.ok(readFileSync('/proc/mounts', 'utf8').includes(` ${mount.at} `), 'and is mounted');
    },
  );
}
