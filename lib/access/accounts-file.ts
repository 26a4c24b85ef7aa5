/**
 * Accounts and keys kept in a file. The file is looked at (one stat) with every batch of look-ups
 * made in one turn, so that what another process, or an editor, wrote there holds from the next request on.
 * A file that cannot be read or understood changes nothing: the last good state stays, and the log says why.
 */
import { StoreError, toStoreError } from '../errors.js';
import { type Stat, tryStatLink } from '../os/stat.js';
import type { AccessKey, Account, Accounts } from './account.js';
import type { AccountsDocument } from './accounts-document.js';
import { FIRST_DOCUMENT, parseAccounts, printAccounts, ROOT_ACCOUNT_ID } from './accounts-document.js';
import { findAccount } from './edit-accounts.js';
import { changePrivate, readPrivate } from './private-file.js';

export interface AccountsFileOptions {
  /** undefined: kept in memory, gone with the process. */
  readonly path: string | undefined;
  /** Makes missing directories above the file's own (`$XDG_STATE_HOME`). */
  readonly parents?: boolean;
  /** A key of the root account that is in no file: from the command line or the environment. */
  readonly given?: { readonly id: string; readonly secret: string } | undefined;
  readonly log: (message: string) => void;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** Within this time of a change another one could leave the same stamp (the coarsest clocks tick every 2 s). */
const RACY_NS = 2_000_000_000n;

interface Index {
  readonly keys: ReadonlyMap<string, AccessKey>;
  readonly accounts: ReadonlyMap<string, Account>;
  readonly root: Account;
}

export class AccountsFile implements Accounts {
  readonly #options: AccountsFileOptions;
  #document: AccountsDocument = FIRST_DOCUMENT;
  #index: Index;
  /** What the file was when it was last read; undefined: it was not there. */
  #stat: Stat | undefined;
  /** A change after it was last read could have left that stat as it is. */
  #racy = false;
  #content: Buffer | undefined;
  #complaint: string | undefined;
  /** Looked at in this turn already. */
  #fresh = false;

  /** @throws StoreError InvalidArgument (the file is broken and there is no earlier state), AccessDenied */
  constructor(options: AccountsFileOptions) {
    this.#options = options;
    this.#index = indexOf(this.#document, options.given);
    if (options.path === undefined) return;
    try {
      this.#stat = tryStatLink(options.path);
    } catch (error) {
      throw toStoreError(error, `look at ${options.path}`);
    }
    this.#read(options.path);
  }

  key(accessKeyId: string): AccessKey | undefined {
    this.#refresh();
    return this.#index.keys.get(accessKeyId);
  }

  account(id: string): Account | undefined {
    this.#refresh();
    return this.#index.accounts.get(id);
  }

  get root(): Account {
    return this.#index.root;
  }

  /** Everything kept, secrets too; without the given key. */
  document(): AccountsDocument {
    this.#refresh();
    return this.#document;
  }

  /** Keys of the root account; a given one first. */
  rootKeys(): readonly { readonly id: string; readonly secret: string }[] {
    const kept = findAccount(this.document(), ROOT_ACCOUNT_ID)?.keys ?? [];
    return this.#options.given === undefined ? kept : [this.#options.given, ...kept];
  }

  /**
   * Writes what `edit` makes of the state on the disk. Other processes wait their turn; none loses a change.
   * @throws what `edit` throws, and StoreError AccessDenied, ReadOnly, NoSpace …
   */
  change(edit: (document: AccountsDocument) => AccountsDocument): void {
    const { path } = this.#options;
    if (path === undefined) return this.#take(edit(this.#document));
    try {
      changePrivate(
        path,
        (content) => {
          const before = content === undefined ? FIRST_DOCUMENT : understood(path, content);
          const after = edit(before);
          return after === before ? undefined : printAccounts(after);
        },
        { parents: this.#options.parents === true },
      );
    } catch (error) {
      throw toStoreError(error, `write ${path}`);
    }
    this.#fresh = false;
    this.#stat = tryStatLink(path);
    this.#read(path);
  }

  #refresh(): void {
    const { path } = this.#options;
    if (this.#fresh || path === undefined) return;
    this.#fresh = true;
    queueMicrotask(() => (this.#fresh = false));
    try {
      const stat = tryStatLink(path);
      if (!this.#racy && isSame(stat, this.#stat)) return;
      this.#stat = stat;
      if (stat !== undefined) this.#read(path);
      else if (this.#content !== undefined) this.#complain(`${path} is gone: its keys stay until it is back`);
    } catch (error) {
      this.#complain(error instanceof Error ? error.message : String(error));
    }
  }

  #read(path: string): void {
    const { now = Date.now } = this.#options;
    this.#racy = this.#stat !== undefined && BigInt(now()) * 1_000_000n < this.#stat.ctimeNs + RACY_NS;
    let content: Buffer | undefined;
    try {
      content = readPrivate(path);
    } catch (error) {
      throw toStoreError(error, `read ${path}`);
    }
    if (content === undefined) return;
    if (this.#content?.equals(content) !== true) this.#take(understood(path, content));
    this.#content = content;
    this.#complaint = undefined;
  }

  #take(document: AccountsDocument): void {
    this.#document = document;
    this.#index = indexOf(document, this.#options.given);
  }

  /** Once per complaint: a request a millisecond would otherwise fill the log. */
  #complain(message: string): void {
    if (message === this.#complaint) return;
    this.#complaint = message;
    this.#options.log(message);
  }
}

/** Accounts that live in memory alone: one root with this key. */
export function memoryAccounts(given: { readonly id: string; readonly secret: string }): AccountsFile {
  return new AccountsFile({ path: undefined, given, log: () => undefined });
}

function isSame(a: Stat | undefined, b: Stat | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.ctimeNs === b.ctimeNs &&
    a.mtimeNs === b.mtimeNs &&
    a.size === b.size &&
    a.ino === b.ino &&
    a.dev === b.dev
  );
}

function understood(path: string, content: Buffer): AccountsDocument {
  try {
    return parseAccounts(content.toString());
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new StoreError('InvalidArgument', `${path}: ${what}. Mend it, or restore it from a backup`);
  }
}

function indexOf(document: AccountsDocument, given: AccountsFileOptions['given']): Index {
  const keys = new Map<string, AccessKey>();
  const accounts = new Map<string, Account>();
  for (const kept of [...FIRST_DOCUMENT.accounts, ...document.accounts]) {
    const account: Account = {
      id: kept.id,
      displayName: kept.displayName,
      ...(kept.email === undefined ? {} : { email: kept.email }),
      root: kept.id === ROOT_ACCOUNT_ID,
    };
    accounts.set(kept.id, account);
    for (const { id, secret } of kept.keys) keys.set(id, { id, secret, account });
  }
  const root = accounts.get(ROOT_ACCOUNT_ID);
  if (root === undefined) throw new Error('the first document has the root account');
  if (given !== undefined) keys.set(given.id, { ...given, account: root });
  return { keys, accounts, root };
}
