/**
 * Two server processes on one store and a person at the disk: random steps against a model, and after each
 * of them GET, HEAD and LIST of either process must tell what is there now. TEST_COHERENCE_STEPS says
 * how many steps, TEST_SEED which ones.
 */
import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { md5 } from './client.js';
import { count, directory, randomFrom, restoreModified } from './disk.js';
import { serve, type Server } from './server.js';

const STEPS = count('TEST_COHERENCE_STEPS', 1500);
const SEED = count('TEST_SEED', Date.now() % 1_000_000);
const BUCKET = 'both';

const DIRECTORIES = ['', 'people/', 'people/deep/', 'keys/', 'keys/deep/down/'];
const NAMES = ['a', 'b.txt', 'c.html', 'd e', 'é', 'z'];
const KEYS = DIRECTORIES.flatMap((directory) => NAMES.map((name) => directory + name));

interface Known {
  body: Buffer;
  /** Its entity tag as last answered; undefined while the content was never asked for. */
  etag: string | undefined;
  /** Written with metadata of ours, which a same-size edit with mtime restored leaves in force. */
  recorded: boolean;
  /** Changed in the one way that is documented not to show in the entity tag. */
  hidden: boolean;
}

t.test('every answer is of this moment, whoever changed the tree', { timeout: 0 }, async (t) => {
  const store = directory(t);
  const root = join(store, BUCKET);
  fs.mkdirSync(join(root, 'people/deep'), { recursive: true });
  const random = randomFrom(SEED);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const servers = [await serve(t, { store }), await serve(t, { store })] as const;
  const model = new Map<string, Known>();
  const mkdirs = new Set<string>(['people/', 'people/deep/']);
  const trail: string[] = [];
  let serial = 0;

  const content = (size = Math.floor(random() * 40)): Buffer =>
    Buffer.from(`${++serial}:`.padEnd(size + 8, String(serial % 10)));
  const disk = (key: string): string => join(root, key);
  const present = (): string => pick([...model.keys()]);

  /** Makes the parents as a person would; those are listed when they are empty. */
  const parents = (key: string): void => {
    const at = dirname(key);
    if (at === '.') return;
    let made = '';
    for (const part of at.split('/')) {
      made += part + '/';
      if (!fs.existsSync(disk(made))) {
        fs.mkdirSync(disk(made));
        mkdirs.add(made);
      }
    }
  };
  const byHand = (key: string, body: Buffer, kept?: Known): void => {
    const { recorded = false, hidden = false } = kept ?? {};
    model.set(key, { body, etag: kept?.etag, recorded, hidden });
  };

  /** One change: what it was, in words. */
  const steps: Readonly<Record<string, (server: Server, key: string) => Promise<string>>> = {
    async put(server, key) {
      const body = content();
      const answer = await server.client.put(BUCKET, key, body);
      model.set(key, { body, etag: md5(body), recorded: true, hidden: false });
      return expect(answer.status, 200, answer.text) ?? `PUT ${key}`;
    },
    async putIfMatch(server, key) {
      const known = model.get(key);
      if (known?.etag === undefined || known.hidden) return 'nothing';
      const body = content();
      const answer = await server.client.put(BUCKET, key, body, { 'if-match': `"${known.etag}"` });
      model.set(key, { body, etag: md5(body), recorded: true, hidden: false });
      return expect(answer.status, 200, answer.text) ?? `PUT ${key} If-Match`;
    },
    async putIfNoneMatch(server, key) {
      const body = content();
      const answer = await server.client.put(BUCKET, key, body, { 'if-none-match': '*' });
      const wanted = model.has(key) ? 412 : 200;
      if (wanted === 200) model.set(key, { body, etag: md5(body), recorded: true, hidden: false });
      return expect(answer.status, wanted, answer.text) ?? `PUT ${key} If-None-Match ${wanted}`;
    },
    async delete(server, key) {
      const answer = await server.client.delete(BUCKET, key);
      model.delete(key);
      return expect(answer.status, 204, answer.text) ?? `DELETE ${key}`;
    },
    async copy(server, key) {
      if (model.size === 0) return 'nothing';
      const from = present();
      const known = model.get(from);
      if (known === undefined || from === key) return 'nothing';
      const answer = await server.client.copy(BUCKET, from, key);
      model.set(key, { body: known.body, etag: undefined, recorded: true, hidden: known.hidden });
      return expect(answer.status, 200, answer.text) ?? `COPY ${from} ${key}`;
    },
    async tag(server, key) {
      const answer = await server.client.tag(BUCKET, key, 'n', String(serial++));
      const known = model.get(key);
      if (known) known.recorded = true;
      return expect(answer.status, known ? 200 : 404, answer.text) ?? `tag ${key}`;
    },
    async write(_, key) {
      parents(key);
      const body = content();
      fs.writeFileSync(disk(key), body);
      byHand(key, body);
      return `write ${key}`;
    },
    async append(_, key) {
      if (!model.has(key)) return 'nothing';
      const more = content(3);
      fs.appendFileSync(disk(key), more);
      byHand(key, Buffer.concat([model.get(key)?.body ?? more, more]));
      return `append ${key}`;
    },
    async truncate(_, key) {
      const known = model.get(key);
      if (known === undefined || known.body.length < 2) return 'nothing';
      const size = known.body.length - 1;
      fs.truncateSync(disk(key), size);
      byHand(key, known.body.subarray(0, size));
      return `truncate ${key}`;
    },
    async touch(_, key) {
      const known = model.get(key);
      if (known === undefined) return 'nothing';
      fs.utimesSync(disk(key), new Date(), new Date(Date.now() - Math.floor(random() * 1e9)));
      known.etag = undefined;
      known.recorded = false;
      return `touch ${key}`;
    },
    async chmod(_, key) {
      const known = model.get(key);
      if (known === undefined) return 'nothing';
      fs.chmodSync(disk(key), random() < 0.5 ? 0o644 : 0o640);
      if (!known.recorded) known.etag = undefined;
      return `chmod ${key}`;
    },
    async saveByRename(_, key) {
      parents(key);
      const body = content();
      fs.writeFileSync(disk(key) + '.new', body);
      fs.renameSync(disk(key) + '.new', disk(key));
      byHand(key, body);
      return `save by rename ${key}`;
    },
    async saveAsVimDoes(_, key) {
      if (!model.has(key)) return 'nothing';
      const body = content();
      fs.renameSync(disk(key), disk(key) + '~');
      fs.writeFileSync(disk(key), body);
      fs.unlinkSync(disk(key) + '~');
      byHand(key, body);
      return `save as vim does ${key}`;
    },
    async sameSizeSameTime(_, key) {
      const known = model.get(key);
      if (known === undefined) return 'nothing';
      const before = fs.statSync(disk(key), { bigint: true });
      const body = content(0).subarray(0, known.body.length);
      if (body.length !== known.body.length) return 'nothing';
      fs.writeFileSync(disk(key), body, { flag: 'r+' });
      restoreModified(disk(key), before.mtimeNs);
      model.set(key, { body, etag: undefined, recorded: known.recorded, hidden: known.recorded });
      return `edit ${key}, mtime restored`;
    },
    async cp(_, key) {
      if (model.size === 0) return 'nothing';
      const from = present();
      if (from === key) return 'nothing';
      parents(key);
      fs.copyFileSync(disk(from), disk(key));
      byHand(key, model.get(from)?.body ?? Buffer.alloc(0));
      return `cp ${from} ${key}`;
    },
    async mv(_, key) {
      if (model.size === 0) return 'nothing';
      const from = present();
      const known = model.get(from);
      if (known === undefined || from === key) return 'nothing';
      parents(key);
      fs.renameSync(disk(from), disk(key));
      model.delete(from);
      model.set(key, { ...known, etag: undefined });
      return `mv ${from} ${key}`;
    },
    async rm(_, key) {
      if (!model.delete(key)) return 'nothing';
      fs.unlinkSync(disk(key));
      return `rm ${key}`;
    },
    async mvDirectory() {
      if (!fs.existsSync(disk('keys')) || fs.existsSync(disk('moved'))) return 'nothing';
      fs.renameSync(disk('keys'), disk('moved'));
      move('keys/', 'moved/');
      return 'mv keys moved';
    },
    async mvBack() {
      if (!fs.existsSync(disk('moved')) || fs.existsSync(disk('keys'))) return 'nothing';
      fs.renameSync(disk('moved'), disk('keys'));
      move('moved/', 'keys/');
      return 'mv moved keys';
    },
  };

  function move(from: string, to: string): void {
    for (const [key, known] of Array.from(model)) {
      if (!key.startsWith(from)) continue;
      model.delete(key);
      model.set(to + key.slice(from.length), { ...known, etag: undefined });
    }
    for (const made of Array.from(mkdirs)) {
      if (!made.startsWith(from)) continue;
      mkdirs.delete(made);
      mkdirs.add(to + made.slice(from.length));
    }
  }

  /** What a listing must hold: the objects, and the directories somebody made that are empty. */
  const expected = (): { key: string; size: number }[] => {
    const objects = [...model].map(([key, { body }]) => ({ key, size: body.length }));
    for (const made of mkdirs) {
      if (fs.existsSync(disk(made)) && fs.readdirSync(disk(made)).length === 0) {
        objects.push({ key: made, size: 0 });
      }
    }
    return objects.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
  };

  const check = async (key: string): Promise<string | undefined> => {
    const known = model.get(key);
    const seen = new Set<string>();
    for (const [number, { client }] of servers.entries()) {
      const order = random() < 0.5 ? (['HEAD', 'GET'] as const) : (['GET', 'HEAD'] as const);
      for (const method of order) {
        const answer = await client.ask(method, BUCKET, key);
        const where = `${method} ${key} at ${number}`;
        if (answer.cut) return `${where}: cut`;
        if (known === undefined) {
          if (answer.status !== 404) return `${where}: ${answer.status} for what is gone`;
          continue;
        }
        if (answer.status !== 200) return `${where}: ${answer.status} for what is there`;
        if (Number(answer.headers['content-length']) !== known.body.length) return `${where}: stale length`;
        if (method === 'GET' && !answer.body.equals(known.body)) return `${where}: stale bytes`;
        seen.add(answer.etag ?? '');
      }
    }
    if (known === undefined) return undefined;
    if (seen.size !== 1) return `${key}: entity tags differ: ${[...seen].join(' ')}`;
    const [etag = ''] = seen;
    if (known.etag !== undefined && !known.hidden && known.etag !== etag) {
      return `${key}: entity tag ${etag} in place of ${known.etag}`;
    }
    const whose = tags.get(etag);
    if (whose !== undefined && !known.hidden && !whose.equals(known.body)) {
      return `${key}: the entity tag ${etag} of another content`;
    }
    if (!known.hidden) tags.set(etag, known.body);
    known.etag = etag;
    return undefined;
  };
  const tags = new Map<string, Buffer>();

  const checkList = async (number: 0 | 1): Promise<string | undefined> => {
    const { objects } = await servers[number].client.list(BUCKET, { pageSize: pick([3, 7, 1000]) });
    const wanted = expected();
    const line = (list: readonly { key: string; size: number }[]): string =>
      list.map(({ key, size }) => `${key}=${size}`).join('\n');
    if (line(objects) !== line(wanted)) {
      return `LIST at ${number}:\n${line(objects)}\nin place of:\n${line(wanted)}`;
    }
    for (const { key, etag } of objects) {
      const known = model.get(key);
      if (known?.etag !== undefined && !known.hidden && known.etag !== etag) {
        return `LIST at ${number}: ${key} has ${etag} in place of ${known.etag}`;
      }
    }
    return undefined;
  };

  t.comment(`${STEPS} steps, seed ${SEED}`);
  const names = Object.keys(steps);
  for (let step = 0; step < STEPS; step++) {
    const key = pick(KEYS);
    const name = pick(names);
    let wrong: string | undefined;
    try {
      const said = (await steps[name]?.(pick(servers), key)) ?? 'nothing';
      trail.push(said);
      if (said.startsWith('!')) wrong = said;
      wrong ??= await check(key);
      if (step % 3 === 0) wrong ??= await checkList(step % 2 === 0 ? 0 : 1);
    } catch (error) {
      wrong = `${name} ${key}: ${String(error)}`;
    }
    if (wrong !== undefined) {
      t.comment(servers.map(({ log }) => log.slice(-2000)).join('\n'));
      t.comment(trail.slice(-25).join('\n'));
      t.fail(`step ${step}, seed ${SEED}: ${wrong}`);
      return;
    }
  }
  t.pass(`${STEPS} steps without a stale answer`);
});

function expect(status: number, wanted: number, text: string): string | undefined {
  return status === wanted ? undefined : `! ${status} in place of ${wanted}: ${text}`;
}
