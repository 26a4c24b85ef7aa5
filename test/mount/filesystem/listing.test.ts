import { closeSync, openSync } from 'node:fs';
import t from 'tap';
import { listingOf, listingOfNames, type Listing } from '../../../mount/filesystem/listing.js';

function read(listing: Listing, from: bigint, most: number): [string[], bigint] {
  const names: string[] = [];
  let at = from;
  listing.read(from, (name, _type, _ino, next) => {
    if (names.length === most) return false;
    names.push(name.toString());
    at = next;
    return true;
  });
  return [names, at];
}

t.test('buckets are listed from any position, and anew when reading starts over', async (t) => {
  let names = ['one', 'two', 'three'];
  const listing = listingOfNames(() => names);
  const [first, at] = read(listing, 0n, 3);
  t.strictSame(first, ['.', '..', 'one']);
  names = ['two', 'three', 'four'];
  t.strictSame(read(listing, at, 10)[0], ['two', 'three'], 'positions stay while names come and go');
  t.strictSame(read(listing, 0n, 10)[0], ['.', '..', 'two', 'three', 'four']);
});

t.test('a directory is listed from the disk', async (t) => {
  const fd = openSync(t.testdir({ a: '', b: '', c: {} }), 'r');
  t.teardown(() => closeSync(fd));
  const listing = listingOf(fd);
  const [first, at] = read(listing, 0n, 2);
  const [rest] = read(listing, at, 10);
  t.strictSame([...first, ...rest].sort(), ['.', '..', 'a', 'b', 'c']);
});
