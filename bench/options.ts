/** The bench's own command line. */
import { parseArgs } from 'node:util';

export interface Options {
  readonly only: readonly string[];
  readonly seconds: number;
  readonly connections: number;
  readonly json: boolean;
  readonly million: boolean;
  readonly peers: readonly string[];
  readonly directory: string | undefined;
  /** Bytes of the large objects. */
  readonly large: number;
  readonly flags: readonly string[];
  readonly help: boolean;
}

export const HELP = `npm run bench -- [options]

  --only NAMES         measures to run, separated by commas (default: all)
  --seconds N          how long each rate is measured (default 5)
  --connections N      kept connections of the load (default 32)
  --large MIB          size of the large objects (default 1024)
  --peer NAME=URL,KEY,SECRET
                       another endpoint to measure beside ours; can be repeated
  --directory DIR      where the stores are made (default: the temporary directory)
  --serve-flag FLAG    one more flag for bucketree serve; can be repeated
  --million            also list 1,000,000 keys and say what memory that took
  --json               one JSON line per row in place of the table
`;

/** @throws Error on what is no option */
export function readOptions(parameters: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...parameters],
    options: {
      only: { type: 'string' },
      seconds: { type: 'string', default: '5' },
      connections: { type: 'string', default: '32' },
      large: { type: 'string', default: '1024' },
      peer: { type: 'string', multiple: true, default: [] },
      directory: { type: 'string' },
      'serve-flag': { type: 'string', multiple: true, default: [] },
      million: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  return {
    only: values.only?.split(',') ?? [],
    seconds: Number(values.seconds),
    connections: Number(values.connections),
    large: Number(values.large) * 1024 * 1024,
    peers: values.peer,
    directory: values.directory,
    flags: values['serve-flag'],
    million: values.million,
    json: values.json,
    help: values.help,
  };
}
