/**
 * `mount.bucketree`, which mount(8) and with it /etc/fstab and systemd call as
 * `mount.bucketree SOURCE TARGET [-sfnv] [-o OPTIONS] [-t TYPE] [-N NAMESPACE]`: mount(8), external helpers.
 * It returns when the mount is there; its server goes on in the background.
 */
import { type ExitCode, Fault, describeFault } from './fault.js';
import { COMMANDS } from './commands.js';
import { startInBackground } from './background.js';
import { isMountWord } from './mount-options.js';
import { flagName } from './option.js';
import { optionOf } from './options.js';

export interface HelperCall {
  /** Of `bucketree`. */
  readonly words: readonly string[];
  /** Everything is checked, nothing is mounted (-f). */
  readonly fake: boolean;
  readonly log: string | undefined;
}

const USAGE = 'mount -t bucketree DIR MOUNTPOINT [-o OPTIONS]';

/** Words of `-o` that are flags of `bucketree mount`, by their names: `bucket`, `as`, `config`, `log` … */
function flagsOfMount(): ReadonlyMap<string, 'switch' | 'value'> {
  const options = COMMANDS.find(({ name }) => name === 'mount')?.options ?? [];
  return new Map(
    options.map((name) => [flagName(name), optionOf(name).kind === 'switch' ? 'switch' : 'value'] as const),
  );
}

/** What follows the helper's name, as words of `bucketree`. Pure. @throws Fault */
export function helperCall(given: readonly string[]): HelperCall {
  const places: string[] = [];
  const options: string[] = [];
  let [fake, sloppy] = [false, false];
  for (let at = 0; at < given.length; at += 1) {
    const word = given[at] ?? '';
    if (word === '-o') options.push(...(given[(at += 1)] ?? '').split(','));
    else if (word === '-t' || word === '-N') at += 1;
    else if (/^-[sfnvrw]+$/.test(word)) {
      fake ||= word.includes('f');
      sloppy ||= word.includes('s');
      if (word.includes('r')) options.push('ro');
    } else if (word.startsWith('-')) throw new Fault(2, `${word} is not understood`, USAGE);
    else places.push(word);
  }
  const [source, target, more] = places;
  if (source === undefined || target === undefined || more !== undefined)
    throw new Fault(2, 'a directory and a mountpoint are wanted', USAGE);
  return { ...translated(options, source, target, sloppy), fake };
}

function translated(
  options: readonly string[],
  source: string,
  target: string,
  sloppy: boolean,
): Pick<HelperCall, 'words' | 'log'> {
  const flags = flagsOfMount();
  const ours: string[] = [];
  const theirs: string[] = [];
  let log: string | undefined;
  for (const word of options) {
    if (word === '') continue;
    if (word === 'remount')
      throw new Fault(1, 'a mount cannot be changed', `umount ${target}, then mount it again`);
    const [name = '', ...rest] = word.split('=');
    const kind = flags.get(name);
    if (isMountWord(word)) theirs.push(word);
    else if (kind === 'switch' && rest.length === 0) ours.push(`--${name}`);
    else if (kind === 'value' && rest.length > 0) ours.push(`--${word}`);
    else if (!sloppy) throw new Fault(2, `${word} is no option`, 'bucketree mount --help lists them');
    if (name === 'log' && rest.length > 0) log = rest.join('=');
  }
  const how = theirs.length === 0 ? [] : ['-o', theirs.join(',')];
  return { words: ['mount', ...ours, ...how, '--', source, target], log };
}

/** mount(8)'s return codes: 1 wrong call, 32 failed. */
function helperCode(code: ExitCode): number {
  return code === 0 ? 0 : code === 2 ? 1 : 32;
}

/** For the process. */
export async function main(): Promise<void> {
  try {
    const { words, fake, log } = helperCall(process.argv.slice(2));
    if (!fake) await startInBackground(words, log);
  } catch (error) {
    process.stderr.write(`${describeFault(error).replace(/^bucketree:/, 'mount.bucketree:')}\n`);
    process.exitCode = helperCode(error instanceof Fault ? error.exitCode : 1);
  }
}
