import fc from 'fast-check';
import t from 'tap';
import { ChunkSigner } from '../../../../server/s3/auth/chunk-signer.js';
import { ChunkedDecoder } from '../../../../server/s3/auth/chunked.js';
import { EMPTY_SHA256, SigningKeys, sha256Hex } from '../../../../server/s3/auth/signing-key.js';

const scope = { date: '20260131', region: 'us-east-1' };
const key = new SigningKeys().get('secret', scope);
const signer = (): ChunkSigner => new ChunkSigner(key, '20260131T000000Z', scope, 'a'.repeat(64));

interface Shape {
  readonly signed: boolean;
  readonly trailer: boolean;
}

const TRAILER = ['x-amz-checksum-crc32', 'AAAAAA=='] as const;

function encode(chunks: readonly Buffer[], { signed, trailer }: Shape): Buffer {
  const chain = signer();
  const parts: (Buffer | string)[] = [];
  for (const chunk of chunks) {
    const signature = signed ? `;chunk-signature=${chain.chunk(sha256Hex(chunk))}` : '';
    parts.push(`${chunk.length.toString(16)}${signature}\r\n`, chunk, '\r\n');
  }
  parts.push(`0${signed ? `;chunk-signature=${chain.chunk(EMPTY_SHA256)}` : ''}\r\n`);
  if (trailer) {
    parts.push(`${TRAILER[0]}:${TRAILER[1]}\r\n`);
    if (signed) parts.push(`x-amz-trailer-signature:${chain.trailer(`${TRAILER[0]}:${TRAILER[1]}\n`)}\r\n`);
  }
  parts.push('\r\n');
  return Buffer.concat(parts.map((part) => Buffer.from(part)));
}

function decoder({ signed, trailer }: Shape): ChunkedDecoder {
  return new ChunkedDecoder({
    signer: signed ? signer() : undefined,
    trailer,
    announced: trailer ? [TRAILER[0]] : [],
  });
}

function decode(
  shape: Shape,
  pieces: readonly Buffer[],
): { payload: Buffer; trailers: ReadonlyMap<string, string> } {
  const machine = decoder(shape);
  const payload = Buffer.concat(pieces.flatMap((piece) => machine.push(piece)));
  machine.end();
  return { payload, trailers: machine.trailers };
}

const SHAPES: readonly Shape[] = [
  { signed: false, trailer: false },
  { signed: false, trailer: true },
  { signed: true, trailer: false },
  { signed: true, trailer: true },
];

const name = ({ signed, trailer }: Shape): string =>
  `${signed ? 'signed' : 'unsigned'} chunks ${trailer ? 'with' : 'without'} trailers`;

for (const shape of SHAPES) {
  t.test(`${name(shape)}: decoded the same at every split`, async (t) => {
    const chunks = [Buffer.alloc(8192, 'a'), Buffer.from('the end\r\n0\r\n')];
    const body = encode(chunks, shape);
    const whole = decode(shape, [body]);
    t.ok(whole.payload.equals(Buffer.concat(chunks)));
    t.equal(whole.trailers.get(TRAILER[0]), shape.trailer ? TRAILER[1] : undefined);
    const framing = [...Array(120).keys(), ...Array.from({ length: 400 }, (_, at) => body.length - 400 + at)];
    for (const at of framing) {
      const { payload } = decode(shape, [body.subarray(0, at), body.subarray(at)]);
      if (!payload.equals(whole.payload)) t.fail(`split at ${at}`);
    }
    const bytes = Array.from(body, (_, at) => body.subarray(at, at + 1));
    t.ok(decode(shape, bytes).payload.equals(whole.payload), 'byte by byte');
  });

  t.test(`${name(shape)}: any cut before the end is incomplete, any byte more is refused`, async (t) => {
    const body = encode([Buffer.from('hello')], shape);
    for (let at = 0; at < body.length; at++) {
      t.throws(() => decode(shape, [body.subarray(0, at)]), `cut at ${at}`);
    }
    t.throws(() => decode(shape, [body, Buffer.from('x\r\n')]), { code: 'InvalidRequest' });
  });

  t.test(`${name(shape)}: random chunks in random pieces`, async (t) => {
    const sizes = fc.array(fc.integer({ min: 8192, max: 9000 }), { maxLength: 4 });
    const property = fc.property(
      sizes,
      fc.integer({ min: 0, max: 300 }),
      fc.array(fc.nat(40_000)),
      (large, last, cuts) => {
        const chunks = [...large, ...(last > 0 ? [last] : [])].map((size, at) => Buffer.alloc(size, at + 65));
        const body = encode(chunks, shape);
        const edges = [0, ...cuts.filter((cut) => cut < body.length).sort((a, b) => a - b), body.length];
        const pieces = edges.slice(1).map((edge, at) => body.subarray(edges[at], edge));
        return decode(shape, pieces).payload.equals(Buffer.concat(chunks));
      },
    );
    fc.assert(property, { numRuns: 50 });
    t.pass();
  });
}

t.test('a changed byte of a signed body is noticed, wherever it is', async (t) => {
  const shape = { signed: true, trailer: true };
  const body = encode([Buffer.from('hello')], shape);
  for (let at = 0; at < body.length; at++) {
    const changed = Buffer.from(body);
    changed[at] = changed[at]! ^ 1;
    t.throws(() => decode(shape, [changed]), `byte ${at}`);
  }
});

t.test('chunks in another order are noticed', async (t) => {
  const shape = { signed: true, trailer: false };
  const [a, b] = [Buffer.alloc(8192, 'a'), Buffer.alloc(8192, 'b')];
  const body = encode([a, b], shape);
  const one = body.length - encode([b], shape).length;
  const swapped = Buffer.concat([body.subarray(one, 2 * one), body.subarray(0, one), body.subarray(2 * one)]);
  t.throws(() => decode(shape, [swapped]), { code: 'SignatureDoesNotMatch' });
});

t.test('only the last chunk may be small', async (t) => {
  const shape = { signed: false, trailer: false };
  t.throws(() => decode(shape, [encode([Buffer.alloc(8191), Buffer.from('x')], shape)]), {
    code: 'InvalidChunkSizeError',
  });
});

t.test('an AWS-style blank line before the trailer signature is no end', async (t) => {
  const chain = signer();
  const body = `0;chunk-signature=${chain.chunk(EMPTY_SHA256)}\r\n${TRAILER.join(':')}\n\r\nx-amz-trailer-signature:${chain.trailer(`${TRAILER.join(':')}\n`)}\r\n\r\n`;
  t.equal(decode({ signed: true, trailer: true }, [Buffer.from(body)]).trailers.get(TRAILER[0]), TRAILER[1]);
});

t.test('malformed framing is refused with its name', async (t) => {
  const unsigned = { signed: false, trailer: true };
  const cases: readonly [string, string][] = [
    ['x\r\n', 'InvalidRequest'],
    ['-1\r\n', 'InvalidRequest'],
    ['5\nhello\r\n0\r\n\r\n', 'InvalidRequest'],
    ['5\r\nhelloX\r\n0\r\n\r\n', 'InvalidRequest'],
    [`${'f'.repeat(17)}\r\n`, 'InvalidRequest'],
    ['ffffffffffffffff\r\n', 'EntityTooLarge'],
    ['5;ext=1\r\nhello\r\n', 'InvalidRequest'],
    [`${'0'.repeat(2000)}`, 'InvalidRequest'],
    ['0\r\n\r\n', 'MalformedTrailerError'],
    ['0\r\nx-amz-checksum-sha1:AA\r\n\r\n', 'MalformedTrailerError'],
    ['0\r\nnothing\r\n\r\n', 'MalformedTrailerError'],
    [`0\r\n${TRAILER.join(':')}\r\n${TRAILER.join(':')}\r\n\r\n`, 'MalformedTrailerError'],
  ];
  for (const [body, code] of cases)
    t.throws(() => decode(unsigned, [Buffer.from(body)]), { code }, body.slice(0, 30));
  t.throws(() => decode({ signed: true, trailer: false }, [Buffer.from('0\r\n\r\n')]), {
    code: 'InvalidRequest',
  });
  t.throws(() => decode({ signed: false, trailer: false }, [Buffer.from('0\r\na:b\r\n\r\n')]), {
    code: 'InvalidRequest',
  });
});
