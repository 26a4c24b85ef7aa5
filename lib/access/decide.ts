/**
 * Whether `identity` may do `action` to `resource`. Pure: every door asks here, and finer access
 * (policies, ACLs, users) becomes further facts in `Resource`, never a check elsewhere.
 */
import type { Identity } from './account.js';

/** An IAM action of the `s3:` namespace: `s3:GetObject`. */
export type Action = `s3:${string}`;

export type Resource =
  | { readonly kind: 'service' }
  | {
      readonly kind: 'bucket' | 'object';
      /** Account id of the bucket's owner. */
      readonly owner: string;
      /** `--public-read`: anybody may GET its objects. */
      readonly publicRead: boolean;
    };

export type Decision = 'allow' | 'deny';

const PUBLIC_READ: ReadonlySet<Action> = new Set(['s3:GetObject']);

export function decide(identity: Identity, action: Action, resource: Resource): Decision {
  if (resource.kind === 'service') return identity.kind === 'account' ? 'allow' : 'deny';
  if (identity.kind === 'account' && identity.account.id === resource.owner) return 'allow';
  if (resource.kind === 'object' && resource.publicRead && PUBLIC_READ.has(action)) return 'allow';
  return 'deny';
}
