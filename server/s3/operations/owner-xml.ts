/** `<Owner>` and `<Initiator>`: an account as S3's documents print it. */
import type { S3Request } from '../operation.js';
import { element, group } from '../xml-write.js';

/** @param id an account's; printed alone when nobody knows the account any more */
export function personElement(
  request: Pick<S3Request, 'accounts'>,
  name: 'Owner' | 'Initiator',
  id: string,
): string {
  const account = request.accounts.account(id);
  return group(name, element('ID', id) + element('DisplayName', account?.displayName));
}
