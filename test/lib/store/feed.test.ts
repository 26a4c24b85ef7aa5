import t from 'tap';
import type { BucketName } from '../../../lib/names.js';
import { type Behind, type Change, ChangeFeed, type Sighting } from '../../../lib/store/feed.js';

const PHOTOS = 'photos' as BucketName;
const MUSIC = 'music' as BucketName;

function change(key: string, kind: Change['kind'] = 'put', bucket = PHOTOS): Change {
  return { bucket, key, kind, etag: undefined };
}

/** What other programs do, as the test says it. */
class Neighbours implements Behind {
  readonly watched = new Map<string, Sighting>();
  watch(bucket: BucketName, directory: string, deep: boolean, sighted: Sighting): () => void {
    const name = `${bucket}/${directory}${deep ? '**' : ''}`;
    this.watched.set(name, sighted);
    return () => this.watched.delete(name);
  }
}

t.test('a subscriber hears what its filter lets through, until it leaves', async (t) => {
  const feed = new ChangeFeed();
  const heard: Record<string, string[]> = { all: [], music: [], site: [], deep: [] };
  const listen = (name: string) => (seen: Change) => void heard[name]?.push(`${seen.bucket}/${seen.key}`);
  const leave = feed.subscribe({}, listen('all'));
  feed.subscribe({ bucket: MUSIC }, listen('music'));
  feed.subscribe({ bucket: PHOTOS, directory: 'site/' }, listen('site'));
  feed.subscribe({ bucket: PHOTOS, directory: 'site/', deep: true }, listen('deep'));
  for (const key of ['a', 'site/index.html', 'site/css/a.css', 'site/css/', 'sites'])
    feed.publish(change(key));
  feed.publish(change('song', 'delete', MUSIC));
  leave();
  leave();
  feed.publish(change('', 'bucket'));
  t.same(heard, {
    all: [
      'photos/a',
      'photos/site/index.html',
      'photos/site/css/a.css',
      'photos/site/css/',
      'photos/sites',
      'music/song',
    ],
    music: ['music/song'],
    site: ['photos/site/index.html', 'photos/site/css/', 'photos/'],
    deep: ['photos/site/index.html', 'photos/site/css/a.css', 'photos/site/css/', 'photos/'],
  });
});

t.test(
  'a listener that throws, and one that leaves while listening, keep nothing from the others',
  async (t) => {
    const feed = new ChangeFeed();
    const heard: string[] = [];
    feed.subscribe({}, () => {
      throw new Error('mine alone');
    });
    const leave = feed.subscribe({}, () => leave());
    feed.subscribe({}, ({ key }) => heard.push(key));
    feed.publish(change('a'));
    feed.publish(change('b'));
    t.same(heard, ['a', 'b']);
  },
);

t.test('a directory is watched while somebody subscribes to it, a store never', async (t) => {
  const neighbours = new Neighbours();
  const feed = new ChangeFeed(neighbours);
  feed.subscribe({}, () => undefined);
  feed.subscribe({ bucket: PHOTOS }, () => undefined);
  t.same([...neighbours.watched.keys()], []);
  const filter = { bucket: PHOTOS, directory: 'site/' };
  const first = feed.subscribe(filter, () => undefined);
  const second = feed.subscribe(filter, () => undefined);
  feed.subscribe({ ...filter, deep: true }, () => undefined);
  t.same([...neighbours.watched.keys()], ['photos/site/', 'photos/site/**']);
  first();
  t.ok(neighbours.watched.has('photos/site/'));
  second();
  t.same([...neighbours.watched.keys()], ['photos/site/**']);
  feed.close();
  t.same([...neighbours.watched.keys()], []);
});

t.test('what another program does is announced once, our own writes are not announced again', async (t) => {
  const neighbours = new Neighbours();
  const feed = new ChangeFeed(neighbours);
  const heard: string[] = [];
  feed.subscribe({ bucket: PHOTOS, directory: '' }, ({ kind, key, etag }) =>
    heard.push(`${kind} ${key} ${etag}`),
  );
  const sighted = neighbours.watched.get('photos/');
  if (sighted === undefined) return t.fail('it is watched');
  const mine = { size: 3, modified: 1000 };

  const done = feed.expect(PHOTOS, 'a');
  sighted('a', mine);
  t.same(heard, [], 'seen before we knew that it is ours');
  done({ ...change('a'), etag: 'abc' }, mine);
  sighted('a', mine);
  t.same(heard.splice(0), ['put a abc']);

  sighted('a', { size: 3, modified: 2000 });
  sighted('a', { size: 3, modified: 2000 });
  t.same(heard.splice(0), ['put a undefined'], 'an edit');

  feed.expect(PHOTOS, 'a')(change('a', 'metadata'));
  sighted('a', { size: 3, modified: 2000 });
  t.same(heard.splice(0), ['metadata a undefined'], 'its ctime moved, that is all');

  feed.expect(PHOTOS, 'a')(change('a', 'delete'));
  sighted('a', undefined);
  t.same(heard.splice(0), ['delete a undefined']);
  sighted('a', mine);
  t.same(heard, [], 'what we had put, reported late');
  sighted('a', { size: 4, modified: 3000 });
  sighted('a', undefined);
  t.same(heard.splice(0), ['put a undefined', 'delete a undefined'], 'made and removed by another');

  const failed = feed.expect(PHOTOS, 'b');
  sighted('b', mine);
  failed(undefined);
  t.same(heard.splice(0), ['put b undefined'], 'ours failed: it was another’s');
});
