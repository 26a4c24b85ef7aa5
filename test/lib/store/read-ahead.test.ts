import { rmSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { parseBucketName } from '../../../lib/names.js';
import { openAt, closeFd, O } from '../../../lib/os/open.js';
import { statFd } from '../../../lib/os/stat.js';
import { listObjects } from '../../../lib/store/listing.js';
import type { Engine } from '../../../lib/store/engine.js';
import { engineIn } from './engine-in.js';

const PHOTOS = parseBucketName('photos');
const FILES = 30;
/** More than a tick of any filesystem tests run on. */
const TICK = 60;

async function engineOf(t: Test): Promise<{ readonly engine: Engine; readonly directory: string }> {
  const directory = t.testdir({ photos: {} });
  const engine = engineIn(t, directory);
  for (let at = 0; at < FILES; at++) writeFileSync(`${directory}/photos/${at + 10}`, 'content');
  await setTimeout(TICK);
  return { engine, directory: `${directory}/photos` };
}

/** As a store thread does. @returns where the next page begins */
function page({ buckets, listing, ahead }: Engine, after: string): string {
  const query = { prefix: '', delimiter: '', after, limit: 5 };
  const found = listObjects(buckets.get(PHOTOS), query, { ...listing, report: () => undefined });
  ahead.answered(PHOTOS, query, found);
  return found.next;
}

function isKnown({ buckets, listing }: Engine, name: string): boolean {
  const fd = openAt(buckets.get(PHOTOS).rootFd, name, O.RDONLY);
  try {
    return listing.known.get(statFd(fd)) !== undefined;
  } finally {
    closeFd(fd);
  }
}

t.test('whoever reads page after page finds the next one looked at', async (t) => {
  const { engine } = await engineOf(t);
  const first = page(engine, '');
  await setTimeout(1);
  t.notOk(isKnown(engine, '16'), 'one page may be all that anybody wants');
  page(engine, first);
  t.notOk(isKnown(engine, '21'), 'nothing keeps the answer waiting');
  await setTimeout(5);
  t.ok(isKnown(engine, '21'));
  t.ok(isKnown(engine, '25'), 'a page knows whether there is more');
  t.notOk(isKnown(engine, '26'), 'one page and no further');
});

t.test('another listing in between is no next page', async (t) => {
  const { engine } = await engineOf(t);
  page(engine, '');
  page(engine, '19');
  await setTimeout(5);
  t.notOk(isKnown(engine, '26'));
});

t.test('what fails while looking ahead, or was closed, is nobody’s failure', async (t) => {
  const { engine, directory } = await engineOf(t);
  page(engine, page(engine, ''));
  rmSync(directory, { recursive: true });
  await setTimeout(5);
  const { engine: closed } = await engineOf(t);
  page(closed, page(closed, ''));
  closed.ahead.close();
  await setTimeout(5);
  t.notOk(isKnown(closed, '21'));
});
