/** Names inside a bucket that are ours. Everything of ours is below one reserved directory (DESIGN: on disk). */

/** Hidden at every door, at the root of a bucket and of each filesystem mounted inside one. */
export const RESERVED = '.bucketree';

export const SETTINGS = `${RESERVED}/bucket.json`;
export const LOCK = `${RESERVED}/lock`;
export const TEMPORARIES = `${RESERVED}/tmp`;
export const UPLOADS = `${RESERVED}/uploads`;
/** Uploads that are completed, for as long as a repeated Complete is answered: no upload has this id. */
export const COMPLETED = `${UPLOADS}/completed`;
export const KEYS = `${RESERVED}/keys`;
export const SIDECARS = `${RESERVED}/metadata`;

/** The one extended attribute. */
export const ATTRIBUTE = 'user.bucketree';
