/** Keys in AWS's own shape, so that every client's checks accept them. Pure: the random bytes are given. */

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Bytes of randomness `newKey` takes: 16 letters of 5 bits (one byte each), then 30 bytes of secret. */
export const NEW_KEY_BYTES = 46;

/** `AKIA` and 16 letters; a secret of 40 characters (240 bits). @param random NEW_KEY_BYTES random bytes */
export function newKey(random: Uint8Array): { readonly id: string; readonly secret: string } {
  if (random.length !== NEW_KEY_BYTES)
    throw new RangeError(`a key is made from ${NEW_KEY_BYTES} random bytes`);
  const letters = Array.from(random.subarray(0, 16), (byte) => BASE32[byte % 32]).join('');
  // base64url: a secret with "/" or "+" in it breaks the URLs and shell lines people paste it into.
  return { id: `AKIA${letters}`, secret: Buffer.from(random.subarray(16)).toString('base64url') };
}

/** 64 hex digits, as AWS's canonical user ids. @param random 32 random bytes */
export function newAccountId(random: Uint8Array): string {
  return Buffer.from(random).toString('hex');
}
