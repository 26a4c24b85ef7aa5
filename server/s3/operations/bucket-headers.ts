/** How answers name a bucket and where it is. docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html */

/** `arn:aws:s3:::photos` */
export function bucketArn(name: string): string {
  return `arn:aws:s3:::${name}`;
}

/** The one region that S3's documents leave out. */
export const UNNAMED_REGION = 'us-east-1';
