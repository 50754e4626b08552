import { z } from 'zod'
import { createApiClient } from './api-client.ts'
import { everyItem } from './every-item.ts'
import { readAccess } from './sign-in-file.ts'
import { tableLines } from './table.ts'
import type { Terminal } from './terminal.ts'

const Gateway = z.looseObject({
  id: z.string(),
  plate: z.string().nullable(),
  state: z.enum(['claimable', 'active', 'revoked']),
  online: z.boolean().nullable(),
  statusAt: z.string().nullable(),
  software: z.string().nullable(),
  sealed: z.looseObject({ at: z.string() }).nullable(),
})

/** Every gateway of the installation, one a line. */
export async function listGateways(terminal: Terminal): Promise<void> {
  const api = createApiClient(readAccess(terminal.env))
  const items = await everyItem(api, '/api/gateways', Gateway)
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
