/**
 * kill -9 at random points of PUT, Complete, Copy and Delete: what was acknowledged is whole, everything else
 * is old or new, and what was temporary is gone after the next start. TEST_CRASH_ROUNDS says how often,
 * TEST_SEED when.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { md5, type Client } from './client.js';
import { count, directory, randomFrom } from './disk.js';
import { launch } from './server.js';

const ROUNDS = count('TEST_CRASH_ROUNDS', 15);
const SEED = count('TEST_SEED', Date.now() % 1_000_000);
const WRITERS = 8;
const KEYS_EACH = 6;

/** What a key may hold: `undefined` for nothing. */
type Content = Buffer | undefined;

t.test('what was acknowledged survives kill -9, the rest is old or new', { timeout: 0 }, async (t) => {
  const random = randomFrom(SEED);
  const store = directory(t);
  const may = new Map<string, Content[]>();
  let serial = 0;
  let acknowledged = 0;
  t.comment(`${ROUNDS} rounds, seed ${SEED}`);

  const body = (size: number): Buffer => Buffer.alloc(size, `content ${++serial} `);

  /** Runs a write whose outcome is `next`: acknowledged, only that may be there; cut off, either. */
  const write = async (key: string, next: Content, act: () => Promise<number>): Promise<boolean> => {
    const before = may.get(key) ?? [undefined];
    may.set(key, [...before, next]);
    const status = await act();
    if (status === 0) return false;
    if (status < 300) {
      may.set(key, [next]);
      acknowledged++;
    } else {
      may.set(key, before);
      t.fail(`${key}: ${status}`);
    }
    return true;
  };

  const writer = async (client: Client, number: number): Promise<void> => {
    for (;;) {
      const key = `w${number}/${Math.floor(random() * 3)}/${Math.floor(random() * KEYS_EACH)}`;
      const [known] = may.get(key) ?? [undefined];
      const what = random();
      let alive: boolean;
      if (what < 0.45) {
        const content = body(Math.floor(random() ** 3 * (2 << 20)) + 1);
        alive = await write(key, content, async () => {
          const answer = await client.put('crash', key, content, { 'x-amz-meta-md5': md5(content) });
          return answer.status;
        });
      } else if (what < 0.6) {
        alive = await write(key, undefined, async () => (await client.delete('crash', key)).status);
      } else if (what < 0.75) {
        if (known === undefined) continue;
        const to = `w${number}/copy/${Math.floor(random() * KEYS_EACH)}`;
        alive = await write(to, known, async () => (await client.copy('crash', key, to)).status);
      } else {
        alive = await upload(client, `w${number}/large/${Math.floor(random() * 2)}`);
      }
      if (!alive) return;
    }
  };

  const upload = async (client: Client, key: string): Promise<boolean> => {
    const id = await client.createUpload('crash', key).catch(() => undefined);
    if (id === undefined) return false;
    // Equal parts take their final place at once; another order and size must be assembled.
    const sizes = random() < 0.5 ? [5 << 20, 5 << 20, 1000] : [6 << 20, 5 << 20, 7];
    const parts = sizes.map((size, index) => ({ number: index + 1, content: body(size) }));
    const answers = await Promise.all(
      parts.map(({ number, content }) => client.putPart('crash', key, id, number, content)),
    );
    if (answers.some(({ status }) => status === 0)) return false;
    const list = parts.map(({ number, content }) => ({ number, etag: md5(content) }));
    const whole = Buffer.concat(parts.map(({ content }) => content));
    return write(key, whole, async () => {
      const answer = await client.completeUpload('crash', key, id, list);
      return answer.text.includes('<Error>') ? 0 : answer.status;
    });
  };

  const judge = async (client: Client): Promise<void> => {
    const listed = new Map((await client.list('crash')).objects.map((object) => [object.key, object]));
    for (const [key, contents] of may) {
      const answer = await client.get('crash', key);
      const found = answer.status === 404 ? undefined : answer.body;
      const fits = contents.findIndex((content) =>
        content === undefined ? found === undefined : found?.equals(content) === true,
      );
      if (fits < 0 || answer.cut) {
        const wanted = contents.map((content) => content?.length ?? 'nothing').join(' or ');
        t.fail(`${key}: ${answer.status}, ${found?.length ?? 'no'} bytes in place of ${wanted}`);
        continue;
      }
      if (found === undefined) {
        if (listed.has(key)) t.fail(`${key} is listed and answers 404`);
      } else {
        const digest = md5(found);
        if (listed.get(key)?.size !== found.length) t.fail(`${key} is listed with another size`);
        if (answer.etag !== digest && !/-\d+$/.test(answer.etag ?? '')) {
          t.fail(`${key}: the entity tag ${answer.etag} is not the MD5`);
        }
        const meta = answer.headers['x-amz-meta-md5'];
        if (meta !== undefined && meta !== digest) t.fail(`${key}: metadata of another content`);
        if (!readFileSync(join(store, 'crash', key)).equals(found))
          t.fail(`${key}: another file on the disk`);
      }
      may.set(key, [found]);
    }
    const strangers = [...listed.keys()].filter((key) => !may.has(key));
    if (strangers.length > 0) t.fail(`listed and never written: ${strangers.join(' ')}`);
  };

  for (let round = 0; round < ROUNDS; round++) {
    const server = await launch({ store, durability: round % 4 === 3 ? 'full' : 'none' });
    try {
      if (round === 0) await server.client.makeBucket('crash');
      const temporary = join(store, 'crash/.bucketree/tmp');
      await judge(server.client);
      t.same(await emptied(temporary), [], `round ${round}: nothing temporary is left`);
      const writers = Array.from({ length: WRITERS }, (_, number) => writer(server.client, number));
      await new Promise((resolve) => setTimeout(resolve, 30 + random() * 500));
      server.process.kill('SIGKILL');
      await Promise.all(writers);
    } finally {
      await server.stop('SIGKILL');
    }
  }
  const last = await launch({ store });
  await judge(last.client);
  t.same(await emptied(join(store, 'crash/.bucketree/tmp')), [], 'nothing temporary is left at the end');
  t.equal(await last.stop(), 0, 'a graceful end');
  t.ok(acknowledged > ROUNDS, `${acknowledged} writes were acknowledged`);
});

/** The names in a directory once the sweep at start has had its time: those that stay. */
async function emptied(path: string): Promise<string[]> {
  for (let tries = 0; ; tries++) {
    const names = existsSync(path) ? readdirSync(path) : [];
    if (names.length === 0 || tries === 50) return names;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
