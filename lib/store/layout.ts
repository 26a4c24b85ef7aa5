/** Names inside a bucket that are ours. Everything of ours is below one reserved directory (DESIGN: on disk). */

/** Hidden at every door, at the root of a bucket and of each filesystem mounted inside one. */
export const RESERVED = '.bucketree';

export const SETTINGS = `${RESERVED}/bucket.json`;
export const TEMPORARIES = `${RESERVED}/tmp`;
export const UPLOADS = `${RESERVED}/uploads`;
/** Uploads that are completed, for as long as a repeated Complete is answered: no upload has this id. */
export const COMPLETED = `${UPLOADS}/completed`;
export const KEYS = `${RESERVED}/keys`;
export const SIDECARS = `${RESERVED}/metadata`;

/** The one extended attribute of objects. */
export const ATTRIBUTE = 'user.bucketree';
/** On the root of a bucket that has settings: who owns it, outside of what can get lost with them. */
export const SETTINGS_MARK = 'user.bucketree.settings';
