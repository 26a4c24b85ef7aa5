/** The S3 door with a socket: the app behind a server that suits it, and XML for what is no HTTP at all. */
import type { Server } from 'node:http';
import { LIMITS, createHttpServer, type Limits, type Refusal, type RefusedBecause } from '../http/listen.js';
import { createS3App, type S3Options } from './app.js';
import { S3Error, type S3ErrorCode } from './errors.js';
import { element, plainDocument } from './xml-write.js';

export interface S3Server {
  /** Not yet listening. */
  readonly server: Server;
  /** Finishes what is under way, takes on nothing new; a second call cuts the rest. */
  stop(): Promise<void>;
}

export function createS3Server(options: S3Options, limits: Limits = LIMITS): S3Server {
  const { server, stop, stopping } = createHttpServer(
    (request, response) => app(request, response),
    refuse,
    limits,
  );
  const app = createS3App({ stopping, ...options });
  return { server, stop };
}

const CODES: Readonly<Record<RefusedBecause, S3ErrorCode>> = {
  malformed: 'BadRequest',
  'too-large': 'RequestHeaderSectionTooLarge',
  'too-slow': 'RequestTimeout',
};

function refuse(why: RefusedBecause): Refusal {
  const error = new S3Error(CODES[why]);
  return {
    status: error.status,
    reason: 'Bad Request',
    contentType: 'application/xml',
    body: plainDocument('Error', element('Code', error.code) + element('Message', error.message)),
  };
}
