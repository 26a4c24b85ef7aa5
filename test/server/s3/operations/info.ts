/** An object as the store tells of it, with what a test wants different. */
import { parseObjectKey } from '../../../../lib/names.js';
import type { ObjectInfo } from '../../../../lib/store/model.js';

export function info(different: Partial<ObjectInfo> = {}): ObjectInfo {
  return {
    key: parseObjectKey('a.txt'),
    size: 10,
    modified: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    etag: '0123456789abcdef0123456789abcdef',
    contentType: 'text/plain',
    checksums: [],
    system: {},
    user: {},
    tags: [],
    storageClass: 'STANDARD',
    ...different,
  };
}
