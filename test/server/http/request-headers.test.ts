import t from 'tap';
import { RequestHeaders } from '../../../server/http/request-headers.js';

function headersOf(...rawHeaders: string[]): RequestHeaders {
  const headers: Record<string, string> = {};
  for (let at = 0; at < rawHeaders.length; at += 2)
    headers[rawHeaders[at]!.toLowerCase()] ??= rawHeaders[at + 1]!;
  return new RequestHeaders({ headers, rawHeaders });
}

t.test('names are lower case, values text', async (t) => {
  const headers = headersOf('Host', 'x', 'X-Amz-Meta-A', Buffer.from('ü').toString('latin1'));
  t.equal(headers.get('host'), 'x');
  t.equal(headers.get('x-amz-meta-a'), 'ü');
  t.equal(headers.get('x-amz-meta-b'), undefined);
  t.ok(headers.has('host'));
  t.notOk(headers.repeats('host'));
  t.same(headers.names(), ['host', 'x-amz-meta-a']);
});

t.test('repeated headers are joined by a comma, in their order, none dropped', async (t) => {
  const headers = headersOf('Host', 'x', 'x-amz-meta-a', '1', 'X-AMZ-META-A', '2', 'Host', 'y');
  t.equal(headers.get('x-amz-meta-a'), '1,2');
  t.equal(headers.get('host'), 'x,y');
  t.ok(headers.repeats('host'));
});

t.test('all headers of a prefix', async (t) => {
  const headers = headersOf('x-amz-meta-a', '1', 'x-amz-meta-b', '2', 'x-amz-acl', 'private');
  t.same(
    [...headers.startingWith('x-amz-meta-')],
    [
      ['x-amz-meta-a', '1'],
      ['x-amz-meta-b', '2'],
    ],
  );
});
