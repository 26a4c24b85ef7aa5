import t from 'tap';
import type { AccessEntry } from '../../../server/s3/access-entry.js';
import { openDoor, operation, send } from './door.js';

t.test('an entry counts the bytes both ways and the time between', async (t) => {
  const entries: AccessEntry[] = [];
  let now = 1_000_000;
  const door = await openDoor(
    t,
    [
      operation('PutObject', async ({ body }) => {
        await body.pump(() => {});
        now += 7;
        return { status: 200, body: 'ok' };
      }),
    ],
    { log: (entry) => entries.push(entry), clock: () => now },
  );
  await door.ask({
    method: 'PUT',
    path: '/bucket/key',
    body: 'hello',
    time: now,
    headers: { 'user-agent': 'test/1' },
  });
  await send(door.port, 'PUT', '/bucket/key', { host: door.host });
  t.match(entries[0], {
    time: 1_000_000,
    milliseconds: 7,
    method: 'PUT',
    target: '/bucket/key',
    received: 5,
    sent: 2,
    remote: '127.0.0.1',
    userAgent: 'test/1',
    requestId: /^[0-9A-F]{16}$/,
  });
  t.match(entries[1], {
    account: undefined,
    bucket: 'bucket',
    key: 'key',
    status: 403,
    code: 'AccessDenied',
  });
});
