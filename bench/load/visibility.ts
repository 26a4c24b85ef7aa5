/** How long after one door answered the other shows it: a save in the mount over HTTP, a PUT in the mount. */
import { closeSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { UNSIGNED } from '../sign.js';
import { Connection } from './connection.js';
import { requestHead, type Target } from './target.js';

export interface VisibilityJob {
  readonly target: Target;
  /** The bucket's directory in the mount. */
  readonly directory: string;
  readonly rounds: number;
}

/** Milliseconds, sorted. `stale`: how often the first look did not show it. */
export interface Seen {
  readonly times: readonly number[];
  readonly stale: number;
}

export interface VisibilityResult {
  readonly overHttp: Seen;
  readonly inMount: Seen;
}

class Watch {
  readonly #times: number[] = [];
  #stale = 0;

  /** Looks until it shows. */
  async until(look: () => boolean | Promise<boolean>): Promise<void> {
    const began = performance.now();
    let looks = 1;
    while (!(await look())) looks++;
    this.#times.push(performance.now() - began);
    if (looks > 1) this.#stale++;
  }

  get seen(): Seen {
    return { times: this.#times.sort((a, b) => a - b), stale: this.#stale };
  }
}

export async function visibility({ target, directory, rounds }: VisibilityJob): Promise<VisibilityResult> {
  const connection = new Connection(target.host, target.port);
  const ask = (method: 'GET' | 'PUT', key: string, body = '') =>
    connection.ask(
      [requestHead(target, { method, key, payload: UNSIGNED, length: body.length }), Buffer.from(body)],
      { keep: true },
    );
  const http = new Watch();
  const mount = new Watch();
  try {
    for (let round = 0; round < rounds; round++) {
      const key = `seen/${round % 50}`;
      const path = join(directory, key);
      const put = `put ${round}`;
      await ask('PUT', key, put);
      await mount.until(() => statSync(path).size === put.length && readFileSync(path, 'utf8') === put);
      const saved = `saved in round ${round}`;
      const fd = openSync(path, 'w');
      writeSync(fd, saved);
      closeSync(fd);
      await http.until(async () => (await ask('GET', key)).body.toString() === saved);
    }
  } finally {
    connection.close();
  }
  return { overHttp: http.seen, inMount: mount.seen };
}
