/**
 * Conditional writes from 32 connections over two processes have exactly one winner, and two loops that put
 * and delete in one directory never disturb each other or a listing. TEST_RACE_ROUNDS says how often.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Answer, Client } from './client.js';
import { count, directory } from './disk.js';
import { serve } from './server.js';

const ROUNDS = count('TEST_RACE_ROUNDS', 30);
const RACERS = 32;

/** 412, and 409 ConditionalRequestConflict, which S3 answers to a writer overtaken while it wrote. */
const LOST = new Set([412, 409]);

interface Result {
  readonly body: string;
  readonly answer: Answer;
}

t.test('one of 32 conditional writers over two processes wins', { timeout: 0 }, async (t) => {
  const store = directory(t);
  const servers = [await serve(t, { store }), await serve(t, { store })];
  const clients = servers.map(({ client }) => client);
  const first = clients[0] as Client;
  await first.makeBucket('race');

  const race = (key: string, round: number, headers: Record<string, string>): Promise<Result[]> =>
    Promise.all(
      Array.from({ length: RACERS }, async (_, racer) => {
        // Never what is there already: its entity tag would let a second writer win rightly.
        const body = `${Object.keys(headers).join()} ${round}/${racer}/${'x'.repeat(racer * 700)}`;
        const client = clients[racer % clients.length] as Client;
        return { body, answer: await client.put('race', key, body, headers) };
      }),
    );
  const judge = async (key: string, results: readonly Result[]): Promise<string | undefined> => {
    const winners = results.filter(({ answer }) => answer.status === 200);
    const others = results.filter(({ answer }) => answer.status !== 200 && !LOST.has(answer.status));
    if (others.length > 0) return `answered ${others[0]?.answer.status}: ${others[0]?.answer.text}`;
    if (winners.length !== 1) return `${winners.length} winners`;
    for (const client of clients) {
      const { status, text, etag } = await client.get('race', key);
      if (status !== 200 || text !== winners[0]?.body) return `what is there is not the winner's: ${status}`;
      if (etag !== winners[0].answer.etag) return `the entity tag is not the winner's`;
    }
    return undefined;
  };

  for (let round = 0; round < ROUNDS; round++) {
    const key = `d${round % 3}/${round}`;
    const made = await judge(key, await race(key, round, { 'if-none-match': '*' }));
    if (made !== undefined) return t.fail(`If-None-Match, round ${round}: ${made}`);
    const { etag } = await first.head('race', key);
    const changed = await judge(key, await race(key, round, { 'if-match': `"${etag}"` }));
    if (changed !== undefined) return t.fail(`If-Match, round ${round}: ${changed}`);
    if (round % 2 === 0) await first.delete('race', key);
  }
  t.pass(`${ROUNDS} rounds of each, every one with one winner`);
});

t.test('one of the completions of an upload and of the writers of its key wins', async (t) => {
  const store = directory(t);
  const servers = [await serve(t, { store }), await serve(t, { store })];
  const [a, b] = servers.map(({ client }) => client) as [Client, Client];
  await a.makeBucket('race');
  for (let round = 0; round < Math.ceil(ROUNDS / 6); round++) {
    const key = `k${round}`;
    const ids = await Promise.all(Array.from({ length: 4 }, () => a.createUpload('race', key)));
    const complete = ids.map(async (id, number) => {
      const part = await a.putPart('race', key, id, 1, Buffer.from(`part of ${number}`));
      return (): Promise<Answer> =>
        (number % 2 === 0 ? a : b).ask('POST', 'race', key, {
          query: { uploadId: id },
          headers: { 'if-none-match': '*' },
          body:
            '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>' +
            `<ETag>"${part.etag}"</ETag></Part></CompleteMultipartUpload>`,
        });
    });
    const ready = await Promise.all(complete);
    const answers = await Promise.all(ready.map((start) => start()));
    const won = answers.filter(({ status, text }) => status === 200 && !text.includes('<Error>'));
    t.equal(won.length, 1, `round ${round}: ${answers.map(({ status }) => status).join(' ')}`);
  }
});

t.test(
  'two loops that put and delete in one directory disturb neither each other nor a listing',
  async (t) => {
    const store = directory(t);
    const servers = [await serve(t, { store }), await serve(t, { store })];
    const [a, b] = servers.map(({ client }) => client) as [Client, Client];
    await a.makeBucket('loops');
    const rounds = ROUNDS * 5;
    const wrong: string[] = [];
    let running = 2;
    const loop = async (client: Client, key: string): Promise<void> => {
      for (let round = 0; round < rounds && wrong.length === 0; round++) {
        const put = await client.put('loops', key, key + round);
        if (put.status !== 200) wrong.push(`PUT ${put.status} ${put.text}`);
        if (round % 3 === 0) {
          const got = await client.get('loops', key);
          if (got.status !== 200 || got.text !== key + round) wrong.push(`GET ${got.status} ${got.text}`);
        }
        const gone = await client.delete('loops', key);
        if (gone.status !== 204) wrong.push(`DELETE ${gone.status} ${gone.text}`);
      }
      running--;
    };
    const listings = async (client: Client): Promise<number> => {
      let seen = 0;
      while (running > 0 && wrong.length === 0) {
        try {
          const flat = await client.list('loops');
          const odd = flat.objects.filter(({ key }) => key !== 'k/deep/one' && key !== 'k/deep/two');
          if (odd.length > 0) wrong.push(`LIST shows ${odd[0]?.key}`);
          const top = await client.list('loops', { delimiter: '/' });
          if (top.objects.length > 0) wrong.push(`LIST shows the object ${top.objects[0]?.key}`);
          if (top.prefixes.some((prefix) => prefix !== 'k/')) wrong.push(`LIST shows ${top.prefixes.join()}`);
          seen++;
        } catch (error) {
          wrong.push(String(error));
        }
      }
      return seen;
    };
    const [, , seen] = await Promise.all([
      loop(a, 'k/deep/one'),
      loop(b, 'k/deep/two'),
      listings(a),
      listings(b),
    ]);
    t.same(wrong, [], `${rounds} rounds against ${seen} listings`);
    t.ok(seen > 0, 'listings were made meanwhile');
    t.notOk(existsSync(join(store, 'loops/k')), 'the directories made for the keys are gone');
  },
);

t.test('what the winner wrote is a plain file', async (t) => {
  const store = directory(t);
  const { client } = await serve(t, { store });
  await client.makeBucket('plain');
  await client.put('plain', 'a/b', 'hello', { 'if-none-match': '*' });
  t.equal(readFileSync(join(store, 'plain/a/b'), 'utf8'), 'hello');
});
