/**
 * Run as a program: `mount-server.js '{"directory":…,"mountpoint":…}'` mounts a store and says on its output, in
 * lines of JSON, what happens; it unmounts on SIGTERM. Members given replace the options of the mount.
 */
import { startMount } from '../../mount/mount.js';
import type { MountLog, MountOptions } from '../../mount/model.js';

const say = (line: unknown): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const { directory, ...options } = JSON.parse(process.argv[2] ?? '{}') as Partial<MountOptions> & {
  readonly directory: string;
};

function logged(level: keyof MountLog): MountLog[keyof MountLog] {
  return (message, facts) => say({ level, message, facts });
}

try {
  const mount = await startMount({
    plan: {
      directory,
      buckets: new Map(),
      durability: 'none',
      owner: undefined,
      umask: undefined,
      followSymlinks: false,
      readOnly: false,
      cacheBytes: 16 << 20,
    },
    mountpoint: '',
    readOnly: false,
    allowOther: true,
    show: {},
    mode: 'auto',
    log: { debug: logged('debug'), info: logged('info'), warn: logged('warn'), error: logged('error') },
    ...options,
  });
  say({ mounted: mount.mountpoint });
  process.on('SIGTERM', () => void mount.stop().then(() => say({ stopped: true })));
  mount.ended.then(
    () => say({ ended: true }),
    (error: unknown) => say({ failed: String(error) }),
  );
} catch (error) {
  say({ refused: error instanceof Error ? error.message : String(error) });
}
