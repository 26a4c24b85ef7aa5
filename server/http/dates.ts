/**
 * Dates on the wire: RFC 9110 section 5.6.7 (HTTP-date in its three forms), and the ISO 8601 forms of S3.
 * All instants are milliseconds since the epoch; the wire knows whole seconds and rounds down.
 */

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

let lastSecond = Number.NaN;
let lastText = '';

/** `Sun, 06 Nov 1994 08:49:37 GMT`. The last answer is kept: most objects of a burst share it or the clock does. */
export function httpDate(time: number): string {
  const second = Math.floor(time / 1000);
  if (second !== lastSecond) {
    lastText = new Date(second * 1000).toUTCString();
    lastSecond = second;
  }
  return lastText;
}

/** `1994-11-06T08:49:37.000Z`: how S3's XML prints times, never with a fraction. */
export function isoDate(time: number): string {
  return new Date(Math.floor(time / 1000) * 1000).toISOString();
}

/** `19941106T084937Z`: how signatures print times. */
export function amzDate(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}

/** The reverse of `amzDate`; undefined for anything else, 30 February included. */
export function parseAmzDate(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return instant(year, month - 1, day, hour, minute, second);
}

const IMF = /^[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) (?:GMT|UTC|[+-]0000)$/;
const RFC850 = /^[A-Z][a-z]{5,8}, (\d\d)-([A-Z][a-z]{2})-(\d\d) (\d\d):(\d\d):(\d\d) GMT$/;
const ASCTIME = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/;
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;

/**
 * An HTTP-date, or the ISO form some clients send in its place; undefined when it is none.
 * @param now resolves RFC 850's two-digit years: none lies more than 50 years ahead
 */
export function parseHttpDate(text: string, now = Date.now()): number | undefined {
  const imf = IMF.exec(text);
  if (imf !== null) {
    const [, day, month, year, hour, minute, second] = imf;
    return instant(Number(year), MONTHS.indexOf(month ?? ''), +day!, +hour!, +minute!, +second!);
  }
  const asctime = ASCTIME.exec(text);
  if (asctime !== null) {
    const [, month, day, hour, minute, second, year] = asctime;
    return instant(Number(year), MONTHS.indexOf(month ?? ''), +day!, +hour!, +minute!, +second!);
  }
  const rfc850 = RFC850.exec(text);
  if (rfc850 !== null) {
    const [, day, month, short, hour, minute, second] = rfc850;
    const thisYear = new Date(now).getUTCFullYear();
    let year = Math.floor(thisYear / 100) * 100 + Number(short);
    if (year > thisYear + 50) year -= 100;
    return instant(year, MONTHS.indexOf(month ?? ''), +day!, +hour!, +minute!, +second!);
  }
  if (!ISO.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

function instant(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number | undefined {
  const date = new Date(Date.UTC(2000, month, day, hour, minute, second));
  date.setUTCFullYear(year, month, day);
  const real =
    month >= 0 &&
    date.getUTCMonth() === month &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    second < 60;
  return real ? date.getTime() : undefined;
}
