/** What does not depend on a directory: Node, the kernel, limits, the clock, the port. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { release } from 'node:os';
import { errnoOf } from '../../lib/errors.js';
import { type Address, formatAddress, urlOf } from '../address.js';
import { Fault } from '../fault.js';
import { listenFault } from '../listen-fault.js';
import { type Finding, note, ok, problem } from './finding.js';

const NODE = [20, 19] as const;
/** openat2(2). */
const KERNEL = [5, 6] as const;

export function checkNode(version: string = process.versions.node): Finding {
  if (atLeast(version, NODE)) return ok('node', `Node.js ${version}`);
  return problem('node', `Node.js ${version} is too old`, `install ${NODE.join('.')} or later`);
}

export function checkKernel(version: string = release()): Finding {
  if (atLeast(version, KERNEL)) return ok('kernel', `Linux ${version}`);
  return note(
    'kernel',
    `Linux ${version} has no openat2: paths are resolved step by step, slower`,
    `${KERNEL.join('.')} or later has it`,
  );
}

/** Of versions, what follows the second number is not looked at. */
export function atLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [a = 0, b = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return a > major || (a === major && b >= minor);
}

const FILES = 4096;

/** @param limits as /proc/self/limits has them */
export function checkOpenFiles(limits: string = readFileSync('/proc/self/limits', 'utf8')): Finding {
  const soft = /^Max open files\s+(\S+)/m.exec(limits)?.[1] ?? 'unlimited';
  if (soft === 'unlimited' || Number(soft) >= FILES) return ok('open-files', `${soft} open files at most`);
  return note(
    'open-files',
    `only ${soft} files may be open: many clients at once are told SlowDown`,
    `ulimit -n ${FILES * 16}, or LimitNOFILE= in the unit`,
  );
}

/** Signatures are refused when clock and client are 15 minutes apart. @param now milliseconds since the epoch */
export function checkClock(now: number = Date.now()): Finding {
  const year = new Date(now).getUTCFullYear();
  if (year >= 2025 && year < 2100) return ok('clock', `the clock says ${new Date(now).toISOString()}`);
  return problem(
    'clock',
    `the clock says ${year}: clients are refused with RequestTimeTooSkewed`,
    'timedatectl set-ntp true',
  );
}

/** Tries to listen. Where a server of ours answers already, that is no problem. */
export async function checkPort(address: Address): Promise<Finding> {
  const where = formatAddress(address);
  const server = createServer();
  try {
    server.listen({ port: address.port, ...(address.host === undefined ? {} : { host: address.host }) });
    await once(server, 'listening');
    server.close();
    return ok('port', 'free', where);
  } catch (error) {
    if (errnoOf(error) === 'EADDRINUSE' && (await answersS3(address))) {
      return note('port', 'an S3 server answers there already', 'nothing, if it is yours', where);
    }
    const fault = listenFault(error, address);
    if (!(fault instanceof Fault)) throw error;
    return problem('port', fault.message, fault.remedy ?? '', where);
  }
}

async function answersS3(address: Address): Promise<boolean> {
  try {
    const answer = await fetch(urlOf(address), { signal: AbortSignal.timeout(1000) });
    await answer.body?.cancel();
    return answer.headers.has('x-amz-request-id');
  } catch {
    return false;
  }
}
