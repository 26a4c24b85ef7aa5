import t from 'tap';
import { greeting, type Started } from '../../cli/greeting.js';

const started: Started = {
  url: 'http://127.0.0.1:9000',
  region: 'us-east-1',
  loopback: true,
  readOnly: false,
  workers: 1,
  directory: '/srv/store',
  survey: { buckets: ['photos'], unreachable: [], count: 0, incomplete: false },
  buckets: [{ name: 'photos', directory: '/srv/store/photos' }],
  mountpoint: undefined,
  accessKey: 'AKIAKNOWN',
  firstKey: undefined,
};

t.test('a first start shows the secret, where it is kept, and lines to paste', async (t) => {
  const firstKey = { id: 'AKIAFIRST', secret: 'only-now', path: '/srv/store/.bucketree/accounts.json' };
  const text = greeting({ ...started, firstKey });
  t.match(text, /serves http:\/\/127\.0\.0\.1:9000/);
  t.match(text, /this machine only/);
  t.match(text, /photos {2}\/srv\/store\/photos/);
  t.match(text, /Secret key: only-now\n/);
  t.match(text, /kept in \/srv\/store\/\.bucketree\/accounts\.json/);
  t.match(text, /^ {2}export AWS_SECRET_ACCESS_KEY=only-now$/m);
  t.match(greeting({ ...started, firstKey: { ...firstKey, path: undefined } }), /kept nowhere/);
});

t.test('a later start shows no secret, and the command that does', async (t) => {
  const text = greeting(started);
  t.match(text, 'Access key: AKIAKNOWN');
  t.notMatch(text, /Secret/);
  t.match(text, 'bucketree env aws|boto3|rclone|s3cmd|restic|mc /srv/store --endpoint http://127.0.0.1:9000');
});

t.test('what no bucket name can reach is said, with the command that serves it', async (t) => {
  const survey = { buckets: [], unreachable: ['Camera Roll/', 'a\u001bb'], count: 9, incomplete: false };
  const text = greeting({ ...started, directory: '/srv/My Store', survey });
  t.match(text, 'Camera Roll/, a\\u001bb and 7 more.');
  t.match(text, "bucketree serve --bucket my-store='/srv/My Store'");
  t.match(greeting({ ...started, survey: { ...survey, incomplete: true } }), 'and at least 7 more');
});

t.test('an empty store says how to get a bucket, a large one is cut', async (t) => {
  t.match(greeting({ ...started, buckets: [] }), /no buckets yet: make a directory in \/srv\/store/);
  const buckets = Array.from({ length: 30 }, (_, n) => ({ name: `bucket-${n}`, directory: `/b/${n}` }));
  t.match(greeting({ ...started, buckets }), 'and 10 more');
  t.match(greeting({ ...started, mountpoint: '/mnt/buckets' }), /^Mounted on \/mnt\/buckets$/m);
  t.notMatch(greeting(started), /Mounted/);
  const open = greeting({ ...started, loopback: false, readOnly: true, workers: 4 });
  t.match(open, '(read-only; 4 workers)');
});
