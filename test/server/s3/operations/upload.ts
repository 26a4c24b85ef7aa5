/** A multipart upload for tests, made with the SDK. */
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
  type CompletedPart,
  type CreateMultipartUploadCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3';

export const MIB = 1024 * 1024;

export async function createUpload(
  client: S3Client,
  at: { readonly Bucket: string; readonly Key: string },
  more: Partial<CreateMultipartUploadCommandInput> = {},
): Promise<string> {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...at, ...more }));
  return UploadId ?? '';
}

/** Uploads whole from its parts and answers with what Complete says. */
export async function uploadParts(
  client: S3Client,
  at: { readonly Bucket: string; readonly Key: string },
  bodies: readonly Buffer[],
  more: Partial<CreateMultipartUploadCommandInput> = {},
) {
  const UploadId = await createUpload(client, at, more);
  const Parts: CompletedPart[] = [];
  for (const [index, Body] of bodies.entries()) {
    const PartNumber = index + 1;
    const part = await client.send(
      new UploadPartCommand({ ...at, UploadId, PartNumber, Body, ChecksumAlgorithm: more.ChecksumAlgorithm }),
    );
    const { $metadata: _, ...said } = part;
    Parts.push({ ...said, PartNumber });
  }
  const done = await client.send(
    new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }),
  );
  return { UploadId, Parts, done };
}
