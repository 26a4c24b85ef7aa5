/**
 * The log: a line of text for people, or of JSON for programs, on stderr. Where there is a line for every
 * request they are written together, at most a fifth of a second late.
 */
import pino from 'pino';
import { paint, printable } from './terminal.js';

export type Level = 'debug' | 'info' | 'warn' | 'error';
export type Facts = Readonly<Record<string, unknown>>;

export interface Log {
  debug(message: string, facts?: Facts): void;
  info(message: string, facts?: Facts): void;
  warn(message: string, facts?: Facts): void;
  error(message: string, facts?: Facts): void;
  /** Writes out what is waiting. */
  flush(): void;
}

export interface LogOptions {
  readonly format: 'text' | 'json';
  readonly level: Level;
  readonly colour: boolean;
  /** Lines may wait a moment, for fewer writes. */
  readonly buffered: boolean;
  /** In place of stderr. */
  readonly write?: (line: string) => void;
}

/** Members that never reach a log, whoever hands them over. */
const SECRETS: readonly string[] = [
  'secret',
  'secretKey',
  '*.secret',
  '*.secretKey',
  'authorization',
  '*.authorization',
];

export function createLog({ format, level, colour, buffered, write }: LogOptions): Log {
  const destination = write === undefined ? stderr(buffered) : { write, flush: () => undefined };
  const lines =
    format === 'json'
      ? destination
      : { write: (line: string) => destination.write(formatLine(line, colour)) };
  const logger = pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: [...SECRETS], remove: true },
    },
    lines,
  );
  const at =
    (name: Level) =>
    (message: string, facts: Facts = {}): void =>
      logger[name](facts, message);
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    flush: () => destination.flush(),
  };
}

interface Destination {
  write(line: string): void;
  flush(): void;
}

/** Milliseconds and characters a line may wait for others. */
const PATIENCE = 200;
const ENOUGH = 16_384;

function stderr(buffered: boolean): Destination {
  let gone = false;
  let waiting = '';
  let timer: NodeJS.Timeout | undefined;
  process.stderr.on('error', () => (gone = true)); // Nobody reads the log any more: the service goes on.
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const text = waiting;
    waiting = '';
    if (text !== '' && !gone) process.stderr.write(text);
  };
  const write = (line: string): void => {
    waiting += line;
    if (!buffered || waiting.length >= ENOUGH) flush();
    else timer ??= setTimeout(flush, PATIENCE).unref();
  };
  return { write, flush };
}

const COLOURS = { debug: 'dim', info: 'green', warn: 'yellow', error: 'red' } as const;

/** `2026-05-04 10:20:30.123 warn  message name=value`, from pino's JSON. */
export function formatLine(json: string, colour: boolean): string {
  const { time, level, pid: _pid, msg, ...facts } = JSON.parse(json) as Record<string, unknown>;
  const name = isLevel(level) ? level : 'info';
  const stamp = String(time).replace('T', ' ').replace('Z', '');
  const rest = Object.entries(facts).map(([key, value]) => ` ${key}=${formatValue(value)}`);
  const shown = paint({ colour }, COLOURS[name], name.padEnd(5));
  return `${paint({ colour }, 'dim', stamp)} ${shown} ${printable(String(msg ?? ''))}${rest.join('')}\n`;
}

function isLevel(level: unknown): level is Level {
  return typeof level === 'string' && Object.hasOwn(COLOURS, level);
}

function formatValue(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[^\s"=]+$/.test(text) && printable(text) === text ? text : printable(JSON.stringify(value));
}
