/** The operations that have a handler; `server/s3/rows.ts` knows the names of all the others. */
import type { Operation } from '../operation.js';

export const implemented: readonly Operation[] = [];
