import t from 'tap';
import type { ChecksumAlgorithm } from '../../../lib/checksum.js';
import { compositeChecksum } from '../../../lib/hash/composite.js';
import { prepareHashes } from '../../../lib/hash/wasm.js';
import { planCompletion } from '../../../lib/store/completion.js';
import type { UploadInfo } from '../../../lib/store/model.js';
import { newUploadId } from '../../../lib/store/uploads.js';
import type { Part, UploadState } from '../../../lib/store/upload-log.js';
import { key } from './bucket-in.js';
import { completion, creation, received } from './multipart.js';

await prepareHashes();

const MIB = 1024 * 1024;

function partOf(number: number, text: string, algorithms?: readonly ChecksumAlgorithm[]): Part {
  const { size, md5, checksums } = received(Buffer.from(text), algorithms);
  return { number, size, modified: 1, etag: md5, checksums };
}

function stateOf(parts: readonly Part[], changes: Partial<UploadInfo> = {}): UploadState {
  const { owner, attributes } = creation();
  return {
    info: { id: newUploadId(1), key: key('k'), initiated: 1, owner, attributes, ...changes },
    slotSize: parts[0]?.size,
    confirmed: true,
    claimed: new Set(parts.map(({ number }) => number)),
    parts: new Map(parts.map((part) => [part.number, part])),
  };
}

const three = [partOf(1, 'aaaa'), partOf(2, 'bbbb'), partOf(3, 'cc')];

t.test('numbers must ascend, parts must be there with that entity tag and those checksums', async (t) => {
  const state = stateOf(three);
  const refused = (parts: readonly Part[], code: string): unknown =>
    t.throws(() => planCompletion(state, completion(parts), 0), { code });
  refused([three[1], three[0]] as Part[], 'InvalidPartOrder');
  refused([three[0], three[0]] as Part[], 'InvalidPartOrder');
  refused([], 'InvalidPart');
  refused([...three, partOf(4, 'd')], 'InvalidPart');
  refused([partOf(1, 'other')], 'InvalidPart');
  const wrong = { algorithm: 'CRC64NVME', value: 'AAAAAAAAAAA=' } as const;
  const request = completion(three, {
    parts: three.map(({ number, etag }) => ({ number, etag, checksums: [wrong] })),
  });
  t.throws(() => planCompletion(state, request, 0), { code: 'InvalidPart', detail: { partNumber: 1 } });
  const right = completion(three, {
    parts: three.map(({ number, etag, checksums }) => ({ number, etag, checksums })),
  });
  t.equal(planCompletion(state, right, 0).size, 10);
});

t.test('every part but the last has 5 MiB, and the sizes add up to the one stated', async (t) => {
  const sized = three.map((part, at) => ({ ...part, size: at === 1 ? 5 * MIB - 1 : 5 * MIB }));
  t.throws(() => planCompletion(stateOf(sized), completion(sized), 5 * MIB), {
    code: 'PartTooSmall',
    detail: { partNumber: 2, size: 5 * MIB - 1 },
  });
  const last = sized.slice(1, 2);
  t.equal(planCompletion(stateOf(sized), completion(last), 5 * MIB).size, 5 * MIB - 1);
  t.throws(() => planCompletion(stateOf(three), completion(three, { expectedSize: 11 }), 0), {
    code: 'UploadSizeMismatch',
  });
  t.equal(planCompletion(stateOf(three), completion(three, { expectedSize: 10 }), 0).size, 10);
});

t.test('what stands in slots 1 to n is in place, anything else is not', async (t) => {
  const place = (parts: readonly Part[], asked = parts, slotSize: number | undefined = 4): boolean =>
    planCompletion({ ...stateOf(parts), slotSize }, completion(asked), 0).inPlace;
  t.ok(place(three));
  t.notOk(place(three, three.slice(1)), 'not from part 1');
  t.notOk(place(three, three.slice(0, 2)), 'part 3 would be cut from the upload');
  t.notOk(place(three, [three[0], three[2]] as Part[]), 'a gap');
  t.notOk(place(three, three, 5), 'other slots');
  t.notOk(place([...three.slice(0, 2), { ...partOf(3, 'cc'), file: 'part.3.x' }]));
  t.notOk(place([partOf(1, 'aaaa'), partOf(2, 'b'), partOf(3, 'cccc')]), 'a short one in the middle');
  const behind = [...three, { ...partOf(9, 'dddd'), file: 'part.9.x' }];
  t.ok(place(behind, three), 'what has a file of its own is not cut');
});

t.test('a FULL_OBJECT checksum is that of the whole, a COMPOSITE one that of the digests', async (t) => {
  const whole = (algorithm: ChecksumAlgorithm): string | undefined =>
    received(Buffer.from('aaaabbbbcc'), [algorithm]).checksums[0]?.value;
  for (const algorithm of ['CRC32', 'CRC32C', 'CRC64NVME'] as const) {
    const parts = ['aaaa', 'bbbb', 'cc'].map((text, at) => partOf(at + 1, text, [algorithm]));
    const named = stateOf(parts, { checksumAlgorithm: algorithm, checksumType: 'FULL_OBJECT' });
    const expected = { algorithm, type: 'FULL_OBJECT', value: whole(algorithm) };
    t.same(planCompletion(named, completion(parts), 0).checksums, [expected]);
    t.same(planCompletion(stateOf(parts), completion(parts), 0).checksums, [expected], 'nobody named one');
  }
  for (const algorithm of ['SHA256', 'MD5', 'XXHASH3', 'CRC32'] as const) {
    const parts = ['aaaa', 'bbbb', 'cc'].map((text, at) => partOf(at + 1, text, [algorithm]));
    const digests = parts.map((part) => Buffer.from(part.checksums[0]?.value ?? '', 'base64'));
    const value = compositeChecksum(algorithm, digests);
    const plan = planCompletion(stateOf(parts, { checksumAlgorithm: algorithm }), completion(parts), 0);
    t.same(plan.checksums, [{ algorithm, type: 'COMPOSITE', value }]);
    t.equal(plan.objectParts[1]?.checksum, parts[1]?.checksums[0]?.value);
  }
  const mixed = [partOf(1, 'a', ['CRC32']), partOf(2, 'b', ['CRC32C'])];
  t.same(planCompletion(stateOf(mixed), completion(mixed), 0).checksums, [], 'none that all have');
});

t.test('a checksum stated is verified, and must be of the upload’s algorithm and type', async (t) => {
  const parts = ['aaaa', 'bb'].map((text, at) => partOf(at + 1, text, ['SHA1']));
  const sha = stateOf(parts, { checksumAlgorithm: 'SHA1', checksumType: 'COMPOSITE' });
  const [known] = planCompletion(sha, completion(parts), 0).checksums;
  const plan = (value: string, algorithm: ChecksumAlgorithm = 'SHA1', more = {}): unknown =>
    planCompletion(sha, completion(parts, { checksum: { algorithm, value }, ...more }), 0).checksums;
  t.same(plan(known?.value ?? ''), [known]);
  t.same(plan(known?.value.replace('-2', '') ?? ''), [known], 'also without the number of parts');
  t.throws(() => plan('AAAA'), { code: 'BadDigest' });
  t.throws(() => plan(known?.value ?? '', 'SHA256'), { code: 'InvalidArgument' });
  t.throws(() => plan(known?.value ?? '', 'SHA1', { checksumType: 'FULL_OBJECT' }), {
    code: 'InvalidArgument',
  });
  const none = stateOf(parts);
  const request = completion(parts, { checksum: { algorithm: 'CRC32', value: 'AAAAAA==' } });
  t.throws(() => planCompletion(none, request, 0), { code: 'InvalidArgument' }, 'no part has one');
  const full = completion(parts, { checksumType: 'FULL_OBJECT' });
  t.throws(() => planCompletion(stateOf(parts, { checksumAlgorithm: 'SHA1' }), full, 0), {
    code: 'InvalidArgument',
  });
});
