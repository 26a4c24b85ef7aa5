/** Where to listen, as people write it, and the URL a client on this machine reaches it by. */

export interface Address {
  /** undefined: every interface, IPv6 and IPv4. */
  readonly host: string | undefined;
  /** 0: any free one. */
  readonly port: number;
}

/** `127.0.0.1:9000`, `localhost:9000`, `[::1]:9000`, `:9000` (every interface). @throws RangeError */
export function parseAddress(text: string): Address {
  const match = /^(?:\[([0-9a-fA-F:.%\w]+)\]|([\w.-]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65535) {
    throw new RangeError('an address is HOST:PORT, [IPV6]:PORT or :PORT (every interface), port 0 to 65535');
  }
  const host = match[1] ?? match[2];
  return { host: host === '' ? undefined : host, port };
}

export function formatAddress({ host = '', port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Interfaces that are no destination become the loopback of their family. */
export function urlOf({ host, port }: Address): string {
  const reachable = host === undefined || host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${formatAddress({ host: reachable, port })}`;
}

export function isLoopback({ host }: Address): boolean {
  return host !== undefined && (host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host));
}
