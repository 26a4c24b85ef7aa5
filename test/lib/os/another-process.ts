/** A second process that answers line by line, for tests of what processes keep from each other. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface AnotherProcess {
  /** Sends a line, and gives the next line the process prints. */
  ask(line: string): Promise<string>;
  /** Closes its input and waits for its end. */
  end(): Promise<void>;
}

/** Starts a process, free of the test runner's settings, and waits for its first line, which must be `ready`. */
export async function startProcess(command: string, ...args: readonly string[]): Promise<AnotherProcess> {
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'] },
  });
  const exited = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => resolve());
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const line = await Promise.race([lines.next(), exited.then(() => lines.next())]);
    return line.done === true ? '' : line.value;
  };
  const first = await next();
  if (first !== 'ready') throw new Error(`${command} said ${JSON.stringify(first)}, not ready`);
  return {
    ask(line) {
      child.stdin.write(`${line}\n`);
      return next();
    },
    async end() {
      child.stdin.end();
      await exited;
    },
  };
}

/** A shell with a file open for appending; it closes it when asked anything, and then says `closed`. */
export function startWriter(path: string): Promise<AnotherProcess> {
  const script = 'exec 3>>"$1"; echo ready; read line; exec 3>&-; echo closed; read line';
  return startProcess('sh', '-c', script, 'sh', path);
}

/** Runs an ES module's text in another Node. `$LIB` in it is the URL of the compiled lib/os/. */
export function startNode(text: string): Promise<AnotherProcess> {
  const library = new URL('../../../lib/os/', import.meta.url).href;
  return startProcess(process.execPath, '--input-type=module', '-e', text.replaceAll('$LIB', library));
}
