/**
 * The page after the one just answered, looked at while its reader still reads: files nobody knows yet cost a
 * listing most of its time. A few at a time, so that other tasks of the thread go in between; once a page shows
 * that somebody reads page after page; and only until files turn out to be known.
 */
import type { BucketName } from '../names.js';
import type { Buckets } from './buckets.js';
import { listObjects, type Listing } from './listing.js';
import type { ListPage, ListQuery } from './model.js';

/** Some 0.4 ms of looking. */
const AT_ONCE = 100;

type Wanted = Pick<ListQuery, 'prefix' | 'delimiter' | 'after'> & { readonly bucket: BucketName };

export class ReadAhead {
  readonly #buckets: Buckets;
  readonly #listing: Listing;
  /** What the reader of the last page would ask for next. */
  #next: Wanted | undefined;
  #turn: NodeJS.Immediate | undefined;

  constructor(buckets: Buckets, listing: Omit<Listing, 'report'>) {
    this.#buckets = buckets;
    this.#listing = { ...listing, report: () => undefined };
  }

  /** With every page of this thread, before its answer is on its way. */
  answered(bucket: BucketName, query: ListQuery, page: ListPage): void {
    clearImmediate(this.#turn);
    const isNext = this.#next !== undefined && isSame(this.#next, { bucket, ...query });
    this.#next = page.truncated ? { ...query, bucket, after: page.next } : undefined;
    if (isNext && page.truncated) this.#later(bucket, { ...query, after: page.next }, query.limit);
  }

  /** Before the buckets are closed. */
  close(): void {
    clearImmediate(this.#turn);
  }

  #later(bucket: BucketName, query: ListQuery, left: number): void {
    this.#turn = setImmediate(() => this.#look(bucket, query, left));
  }

  #look(name: BucketName, query: ListQuery, left: number): void {
    try {
      const bucket = this.#buckets.get(name);
      // Without attributes nothing is remembered of a file.
      if (!bucket.volume.attributes) return;
      const page = listObjects(bucket, { ...query, limit: Math.min(AT_ONCE, left) }, this.#listing);
      const isNews = this.#listing.known.missed && page.truncated && left > AT_ONCE;
      if (isNews) this.#later(name, { ...query, after: page.next }, left - AT_ONCE);
    } catch {
      // Whoever asks for the page is told.
    }
  }
}

function isSame(a: Wanted, b: Wanted): boolean {
  return a.after === b.after && a.prefix === b.prefix && a.delimiter === b.delimiter && a.bucket === b.bucket;
}
