/** A terminal that remembers what was written to it; commands run in this process write there. */
import { run } from '../../cli/main.js';
import type { Output, Terminal } from '../../cli/terminal.js';

export interface Captured extends Output {
  text(): string;
}

export function captured(over: Partial<Pick<Output, 'isTerminal' | 'colour' | 'columns'>> = {}): Captured {
  let text = '';
  return {
    write: (part) => (text += part),
    text: () => text,
    isTerminal: false,
    colour: false,
    columns: 80,
    ...over,
  };
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `bucketree WORDS`, in `directory`, with nothing but `env` around it. */
export async function bucketree(
  words: readonly string[],
  directory: string,
  env: Terminal['env'] = { HOME: directory },
): Promise<Ran> {
  const [stdout, stderr] = [captured(), captured()];
  const code = await run(words, { stdout, stderr, env, directory });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}
