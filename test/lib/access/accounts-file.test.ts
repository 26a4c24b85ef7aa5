import { mkdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { ROOT_ACCOUNT_ID } from '../../../lib/access/accounts-document.js';
import { AccountsFile, memoryAccounts } from '../../../lib/access/accounts-file.js';
import { addAccount, addKey, removeKey } from '../../../lib/access/edit-accounts.js';

const ann = { id: 'a1', displayName: 'Ann' };
const key = { id: 'AKIAANN', secret: 'secret' };

function open(path: string, log: string[] = []): AccountsFile {
  return new AccountsFile({ path, log: (message) => log.push(message) });
}

t.test('without a file there is a root account and nobody has a key', async (t) => {
  const accounts = open(join(t.testdir(), '.bucketree', 'accounts.json'));
  t.equal(accounts.root.id, ROOT_ACCOUNT_ID);
  t.equal(accounts.root.root, true);
  t.equal(accounts.account(ROOT_ACCOUNT_ID), accounts.root);
  t.equal(accounts.key('AKIAANN'), undefined);
});

t.test('a key written by one process holds for another at its next request', async (t) => {
  const path = join(t.testdir(), '.bucketree', 'accounts.json');
  const server = open(path);
  const command = open(path);
  command.change((document) => addKey(addAccount(document, ann), 'a1', key));
  t.same(server.key(key.id), { ...key, account: { ...ann, root: false } });
  command.change((document) => removeKey(document, key.id));
  await turn();
  t.equal(server.key(key.id), undefined);
  t.same(server.account('a1'), { ...ann, root: false }, 'the account keeps what it owns');
});

t.test('an edit of the same size and time, right after another, is not missed', async (t) => {
  const path = join(t.testdir(), 'accounts.json');
  const write = (secret: string): void => {
    const accounts = [{ id: 'a1', displayName: 'Ann', keys: [{ id: 'AKIAANN', secret }] }];
    writeFileSync(path, JSON.stringify({ version: 1, accounts }));
    utimesSync(path, 1, 1);
  };
  write('one');
  const accounts = open(path);
  t.equal(accounts.key('AKIAANN')?.secret, 'one');
  for (const secret of ['two', 'six', 'ten']) {
    write(secret);
    await turn();
    t.equal(accounts.key('AKIAANN')?.secret, secret);
  }
});

t.test('an edit in the tick of the one that was read is found, however late the next look', async (t) => {
  const path = join(t.testdir(), 'accounts.json');
  const write = (secret: string): void => {
    const accounts = [{ id: 'a1', displayName: 'Ann', keys: [{ id: 'AKIAANN', secret }] }];
    writeFileSync(path, JSON.stringify({ version: 1, accounts }));
    utimesSync(path, 1, 1);
  };
  write('one');
  for (let n = 0; n < 20; n++) {
    let now = Date.now();
    write('one');
    const accounts = new AccountsFile({ path, log: () => undefined, now: () => now });
    write('two');
    now += 60_000;
    t.equal(accounts.key('AKIAANN')?.secret, 'two');
    await turn();
  }
});

t.test('a broken or missing file keeps the last good state, and the log says so once', async (t) => {
  const path = join(t.testdir(), '.bucketree', 'accounts.json');
  const log: string[] = [];
  const accounts = open(path, log);
  accounts.change((document) => addKey(document, ROOT_ACCOUNT_ID, key));
  writeFileSync(path, '{"version": 1, "acc');
  for (let n = 0; n < 3; n++) {
    await turn();
    t.equal(accounts.key(key.id)?.secret, key.secret);
  }
  t.equal(log.length, 1);
  t.match(log[0], /accounts\.json: not JSON/);
  rmSync(path);
  for (let n = 0; n < 3; n++) {
    await turn();
    t.equal(accounts.key(key.id)?.secret, key.secret);
  }
  t.equal(log.length, 2);
  t.match(log[1], /gone/);
  writeFileSync(`${path}.x`, JSON.stringify({ version: 1, accounts: [] }));
  renameSync(`${path}.x`, path);
  await turn();
  t.equal(accounts.key(key.id), undefined, 'a good file holds again');
});

t.test('a broken file is refused at the start, and never overwritten', async (t) => {
  const dir = t.testdir({ 'accounts.json': 'hello' });
  const path = join(dir, 'accounts.json');
  t.throws(() => open(path), { code: 'InvalidArgument', message: /accounts\.json: not JSON/ });
  const accounts = open(join(dir, 'other.json'));
  renameSync(path, join(dir, 'other.json'));
  t.throws(() => accounts.change((document) => addAccount(document, ann)), { code: 'InvalidArgument' });
});

t.test('a given key is the root account’s, first of its keys, and never written', async (t) => {
  const path = join(t.testdir(), '.bucketree', 'accounts.json');
  const given = { id: 'given', secret: 'pair' };
  const accounts = new AccountsFile({ path, given, log: () => undefined });
  accounts.change((document) => addKey(document, ROOT_ACCOUNT_ID, key));
  t.equal(accounts.key('given')?.account.id, ROOT_ACCOUNT_ID);
  t.same(accounts.rootKeys(), [given, key]);
  t.equal(open(path).key('given'), undefined);
  t.equal(statSync(path).mode & 0o777, 0o600);
});

t.test('accounts without a file are changed in memory', async (t) => {
  const accounts = memoryAccounts({ id: 'root', secret: 'pair' });
  accounts.change((document) => addKey(addAccount(document, ann), 'a1', key));
  t.equal(accounts.key(key.id)?.account.displayName, 'Ann');
  t.equal(accounts.key('root')?.account.root, true);
});

t.test('a directory that cannot be written is said with its path', async (t) => {
  const dir = t.testdir();
  mkdirSync(join(dir, 'accounts.json'));
  t.throws(() => open(join(dir, 'accounts.json')), {
    name: 'StoreError',
    message: /accounts\.json is not a file/,
  });
  t.throws(() => open(join(dir, 'absent', 'd', 'accounts.json')).change((d) => addAccount(d, ann)), {
    name: 'StoreError',
    message: /write .*accounts\.json: ENOENT/,
  });
});
