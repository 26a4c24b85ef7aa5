import type { IncomingMessage } from 'node:http';
import t from 'tap';
import { parseBucketName, parseObjectKey } from '../../../../lib/names.js';
import { objectLocation } from '../../../../server/s3/operations/object-location.js';

const locate = (host: string, socket: object = {}) =>
  objectLocation({
    raw: { headers: { host }, socket } as unknown as IncomingMessage,
    bucket: parseBucketName('photos'),
    key: parseObjectKey('a/ü b'),
  });

t.test('an object is where the request found its bucket', async (t) => {
  t.equal(locate('s3.example.org:9000'), 'http://s3.example.org:9000/photos/a/%C3%BC%20b');
  t.equal(locate('photos.s3.example.org'), 'http://photos.s3.example.org/a/%C3%BC%20b');
  t.equal(locate('s3.example.org', { encrypted: true }), 'https://s3.example.org/photos/a/%C3%BC%20b');
});
