/** One run of the program: the words of the command line in, an exit code out. */
import { pathToFileURL } from 'node:url';
import { parseCommandLine } from './program.js';
import { describeFault, type ExitCode, exitCodeOf } from './fault.js';
import { resolveSettings } from './settings.js';
import { paint, processTerminal, type Terminal } from './terminal.js';

/** Never throws: what goes wrong is told on stderr. */
export async function run(words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  try {
    const parsed = parseCommandLine(words, terminal);
    if (parsed === undefined) return 0;
    const settings = resolveSettings(parsed.flags, terminal);
    for (const warning of settings.warnings) terminal.stderr.write(`bucketree: ${warning}\n`);
    const { run: runCommand } = await parsed.command.load();
    return await runCommand({ settings, arguments: parsed.arguments, terminal });
  } catch (error) {
    terminal.stderr.write(`${paint(terminal.stderr, 'red', describeFault(error))}\n`);
    return exitCodeOf(error);
  }
}

/** For the process: nothing that is still open keeps it, once the command is done and its output is out. */
export async function main(): Promise<void> {
  const code = await run(process.argv.slice(2), processTerminal());
  const flushed = [process.stdout, process.stderr].map(
    (stream) =>
      new Promise<void>((resolve) => (stream.destroyed ? resolve() : stream.write('', () => resolve()))),
  );
  await Promise.all(flushed);
  process.exit(code);
}

// `node main.js` works as well, with libuv's own four threads; `bin.cts` is the door with more.
if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
