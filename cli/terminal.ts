/**
 * What a command sees of the world it was started in. stdout is for data, stderr for everything said about it.
 * A reader that went away (`bucketree key list | head -1`) is no error.
 */

export interface Output {
  write(text: string): void;
  readonly isTerminal: boolean;
  readonly colour: boolean;
  /** Characters in a line; 80 when unknown. */
  readonly columns: number;
}

export interface Terminal {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative paths on the command line start here. */
  readonly directory: string;
}

type Stream = NodeJS.WriteStream;

export function processTerminal(): Terminal {
  const { env } = process;
  return {
    stdout: output(process.stdout, env),
    stderr: output(process.stderr, env),
    env,
    directory: process.cwd(),
  };
}

function output(stream: Stream, env: Terminal['env']): Output {
  let gone = false;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    gone = true;
  });
  return {
    write: (text) => {
      if (!gone) stream.write(text);
    },
    isTerminal: stream.isTTY === true,
    colour: wantsColour(stream.isTTY === true, env),
    get columns() {
      return stream.columns ?? 80;
    },
  };
}

/** no-color.org: any non-empty NO_COLOR; FORCE_COLOR decides where there is no terminal. */
export function wantsColour(isTerminal: boolean, env: Terminal['env']): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  const force = env['FORCE_COLOR'];
  if (force !== undefined) return force !== '0' && force !== 'false';
  return isTerminal && env['TERM'] !== 'dumb';
}

export type Colour = 'bold' | 'dim' | 'red' | 'green' | 'yellow';

const CODES: Readonly<Record<Colour, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
};

export function paint(output: Pick<Output, 'colour'>, colour: Colour, text: string): string {
  const [on, off] = CODES[colour];
  return output.colour ? `\u001b[${on}m${text}\u001b[${off}m` : text;
}

/** Text from a disk or a network, harmless on a terminal: control characters are shown, not sent. */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
