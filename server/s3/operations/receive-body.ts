/**
 * A body on its way into the store: received in constant memory and believed only when everything the client
 * said about it (Content-MD5, signed SHA-256, checksum in a header or a trailer) holds.
 */
import type { Checksum, ChecksumAlgorithm } from '../../../lib/checksum.js';
import type { ReceivedBody, ReceiveTarget } from '../../../lib/store/store.js';
import { S3Error } from '../errors.js';
import type { S3Request } from '../operation.js';
import { checkMd5, statedMd5 } from './content-md5.js';
import { checksumHeader, statedChecksum, type StatedChecksum } from './checksum-headers.js';

/** What one request may carry: 5 GiB. */
export const MAX_BODY = 5 * 1024 ** 3;

/** What AWS keeps when the client names no checksum. */
export const DEFAULT_ALGORITHM: ChecksumAlgorithm = 'CRC64NVME';

export interface Received {
  readonly body: ReceivedBody;
  /** To keep and to answer: the client's own, or CRC64NVME. */
  readonly checksum: Checksum;
}

/** Everything that can be refused before the client is told to send its body. */
export interface Intake {
  readonly md5: string | undefined;
  readonly stated: StatedChecksum | undefined;
}

/** @throws S3Error InvalidDigest, InvalidRequest, EntityTooLarge */
export function prepareIntake(request: Pick<S3Request, 'header' | 'body'>): Intake {
  const { size } = request.body;
  if (size !== undefined && size > MAX_BODY) throw tooLarge(size);
  return { md5: statedMd5(request), stated: statedChecksum(request) };
}

/**
 * Receives and verifies. The body is then the caller's to publish or discard.
 * @param further algorithms wanted besides the client's own
 * @throws S3Error BadDigest, XAmzContentSHA256Mismatch, EntityTooLarge; what the body and the store throw
 */
export async function receiveBody(
  request: S3Request,
  target: ReceiveTarget,
  intake: Intake,
  further: readonly ChecksumAlgorithm[] = [],
): Promise<Received> {
  const { body } = request;
  const algorithm = intake.stated?.algorithm ?? further[0] ?? DEFAULT_ALGORITHM;
  const receiver = await request.store.receive(target, {
    size: body.size,
    algorithms: further.includes(algorithm) ? further : [algorithm, ...further],
    payloadSha256: body.signedSha256 !== undefined,
  });
  try {
    if (body.size === undefined) {
      let size = 0;
      await body.pump((chunk) => {
        size += chunk.length;
        if (size > MAX_BODY) throw tooLarge(size);
        return receiver.write(chunk);
      });
    } else {
      await body.pump((chunk) => receiver.write(chunk));
    }
    const received = await receiver.finish();
    verify(request, intake, received);
    const value = received.checksums.get(algorithm);
    if (value === undefined) throw new Error(`the store left ${algorithm} out`);
    return { body: received, checksum: { algorithm, type: 'FULL_OBJECT', value } };
  } catch (error) {
    receiver.discard();
    throw error;
  }
}

function verify(request: S3Request, intake: Intake, received: ReceivedBody): void {
  const { signedSha256 } = request.body;
  if (signedSha256 !== undefined && received.sha256 !== signedSha256) {
    throw new S3Error('XAmzContentSHA256Mismatch', {
      extra: {
        ClientComputedContentSHA256: signedSha256,
        S3ComputedContentSHA256: received.sha256 ?? '',
      },
    });
  }
  checkMd5(intake.md5, received.md5);
  if (intake.stated === undefined) return;
  const { algorithm } = intake.stated;
  const value = intake.stated.value ?? request.body.trailers().get(checksumHeader(algorithm));
  if (value === undefined) throw new S3Error('MalformedTrailerError');
  checkChecksum(algorithm, value, received.checksums.get(algorithm));
}

/** @throws S3Error BadDigest */
export function checkChecksum(
  algorithm: ChecksumAlgorithm,
  stated: string,
  calculated: string | undefined,
): void {
  if (stated.trim() === calculated) return;
  throw new S3Error('BadDigest', {
    message: `The ${algorithm} you specified did not match the calculated checksum.`,
  });
}

function tooLarge(size: number): S3Error {
  return new S3Error('EntityTooLarge', { extra: { ProposedSize: size, MaxSizeAllowed: MAX_BODY } });
}
