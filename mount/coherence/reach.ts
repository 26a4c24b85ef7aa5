/** Which buckets' changes reach the mount: those beneath a directory that some publisher connected now changes. */
import { dirname } from 'node:path';
import { tryStatPath } from '../../lib/os/stat.js';
import type { Bucket } from '../../lib/store/bucket.js';
import { rootId, type RootId } from '../../lib/store/mount-wire.js';

export class Reach {
  readonly #publishers = new Map<object, readonly RootId[]>();
  #roots: ReadonlySet<RootId> = new Set();
  #known = new WeakMap<Bucket, boolean>();

  /** @param publisher one connection; said again, the new ones count */
  add(publisher: object, roots: readonly RootId[]): void {
    this.#publishers.set(publisher, roots);
    this.#renew();
  }

  remove(publisher: object): void {
    if (this.#publishers.delete(publisher)) this.#renew();
  }

  #renew(): void {
    this.#roots = new Set([...this.#publishers.values()].flat());
    this.#known = new WeakMap();
  }

  has(root: RootId): boolean {
    return this.#roots.has(root);
  }

  /** By its own directory, or by the one that stands in: a publisher of the whole store. */
  reaches(bucket: Bucket): boolean {
    if (this.#roots.size === 0) return false;
    const known = this.#known.get(bucket);
    if (known !== undefined) return known;
    const reached = this.has(rootId(bucket)) || this.#reachesAbove(bucket);
    this.#known.set(bucket, reached);
    return reached;
  }

  #reachesAbove({ directory }: Bucket): boolean {
    try {
      const above = tryStatPath(dirname(directory));
      return above !== undefined && this.has(rootId(above));
    } catch {
      return false;
    }
  }
}
