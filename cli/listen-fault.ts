/** Why a port could not be had, and what to do about it. */
import { errnoOf } from '../lib/errors.js';
import { type Address, formatAddress } from './address.js';
import { Fault } from './fault.js';

/** Errors of `server.listen`, told. Anything else comes back as it is. */
export function listenFault(error: unknown, address: Address): unknown {
  const errno = errnoOf(error);
  const where = `cannot listen on ${formatAddress(address)}`;
  const other = formatAddress({ ...address, port: address.port === 65535 ? 9000 : address.port + 1 });
  switch (errno) {
    case 'EADDRINUSE':
      return new Fault(
        1,
        `${where}: another program has the port (EADDRINUSE)`,
        `stop it (ss -ltnp "sport = :${address.port}" names it), or choose another: --listen ${other}`,
        error,
      );
    case 'EACCES':
      return new Fault(
        1,
        `${where}: ports below 1024 are root's (EACCES)`,
        `choose another: --listen ${formatAddress({ ...address, port: 9000 })}, or give node the capability cap_net_bind_service`,
        error,
      );
    case 'EADDRNOTAVAIL':
      return new Fault(
        1,
        `${where}: this machine has no such address (EADDRNOTAVAIL)`,
        `choose one of "ip address", or every interface: --listen :${address.port}`,
        error,
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new Fault(
        1,
        `${where}: the name is not known here (${errno})`,
        'write the address as numbers',
        error,
      );
    default:
      return error;
  }
}
