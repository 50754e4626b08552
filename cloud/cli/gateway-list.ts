import { createApiClient } from './api-client.ts'
import { everyGateway } from './gateway-search.ts'
import { readAccess } from './sign-in-file.ts'
import { tableLines } from './table.ts'
import type { Terminal } from './terminal.ts'

/** Every gateway of the installation, one a line. */
export async function listGateways(terminal: Terminal): Promise<void> {
  const api = createApiClient(readAccess(terminal.env))
  const items = await everyGateway(api)
  terminal.result({ items }, () =>
    tableLines(
      ['gateway', 'vehicle', 'state', 'connection', 'since', 'software', 'sealed'],
      items.map(({ id, plate, state, online, statusAt, software, sealed }) => [
        id,
        plate ?? '–',
        state,
        online === null ? 'never seen' : online ? 'online' : 'offline',
        statusAt ?? '–',
        software ?? '–',
        sealed === null ? 'no' : sealed.at,
      ]),
    ),
  )
}
