/** `bucketree env CLIENT`: settings to paste. */
import { clientSettings, isClient } from '../client-settings.js';
import type { Invocation } from '../command.js';
import { connectionOf } from '../connection.js';
import type { ExitCode } from '../fault.js';

export async function run({ settings, arguments: [client = ''], terminal }: Invocation): Promise<ExitCode> {
  if (!isClient(client)) throw new TypeError(`${client} is not among the choices`);
  terminal.stdout.write(clientSettings(client, connectionOf(settings, terminal)));
  return 0;
}
