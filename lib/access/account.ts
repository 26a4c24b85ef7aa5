/** Accounts and their keys, as every door knows them. */

export interface Account {
  /** Canonical user id, printed as Owner.ID. */
  readonly id: string;
  readonly displayName: string;
  readonly email?: string;
  /** The account the service was started with: owns what nobody created. */
  readonly root: boolean;
}

export interface AccessKey {
  /** `AKIA…`; 3 to 128 characters. */
  readonly id: string;
  readonly secret: string;
  readonly account: Account;
}

/** Who may ask. The file behind it is looked at (one stat) on every call; edits hold at once. */
export interface Accounts {
  key(accessKeyId: string): AccessKey | undefined;
  account(id: string): Account | undefined;
  readonly root: Account;
}

export type Identity =
  { readonly kind: 'account'; readonly account: Account } | { readonly kind: 'anonymous' };
