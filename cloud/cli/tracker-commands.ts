import { z } from 'zod'
import { type ApiClient, CommandFailed, createApiClient } from './api-client.ts'
import { everyItem } from './every-item.ts'
import { readAccess } from './sign-in-file.ts'
import { tableLines } from './table.ts'
import type { Terminal } from './terminal.ts'

const Tracker = z.looseObject({
  id: z.string(),
  kind: z.enum(['owntracks', 'traccar']),
  login: z.string(),
  device: z.string(),
  plate: z.string().nullable(),
  removedAt: z.string().nullable(),
  heardAt: z.string().nullable(),
})
const Added = z.looseObject({ tracker: Tracker, secret: z.string().nullable() })
const Trackers = z.looseObject({ items: z.array(Tracker) })
const Vehicle = z.looseObject({ id: z.string(), plate: z.string() })

export type AddOptions = {
  readonly kind?: string
  readonly login?: string
  readonly device?: string
  readonly vehicle?: string
}

/** Every tracker, one a line. */
export async function listTrackers(terminal: Terminal): Promise<void> {
  const { items } = await createApiClient(readAccess(terminal.env)).get('/api/trackers', Trackers)
  terminal.result({ items }, () =>
    tableLines(
      ['tracker', 'kind', 'login', 'device', 'vehicle', 'last heard'],
      items.map(({ id, kind, login, device, plate, heardAt, removedAt }) => [
        ...[id, kind, login, device, plate ?? '–', removedAt === null ? (heardAt ?? 'never') : 'removed'],
      ]),
    ),
  )
}

/** Registers a tracker; says what to type into it. */
export async function addTracker(terminal: Terminal, options: AddOptions): Promise<void> {
  const { kind, login, device, vehicle } = options
  if (kind === undefined || login === undefined || device === undefined || vehicle === undefined)
    throw new CommandFailed('usage/incomplete', 'say --kind, --login, --device and --vehicle')
  const { url, ...access } = readAccess(terminal.env)
  const api = createApiClient({ url, ...access })
  const vehicleId = await vehicleOf(api, vehicle)
  const { tracker, secret } = await api.send('POST', '/api/trackers', Added, { kind, login, device, vehicleId })
  const shown = secret ?? '<the secret of this login>'
  terminal.result({ tracker, secret }, () => [
    `${tracker.id} reports for ${tracker.plate ?? vehicle}.`,
    ...(secret === null ? ['This login has its secret already.'] : [`Secret, shown this once: ${secret}`]),
    ...(tracker.kind === 'traccar'
      ? [
          `traccar.xml:`,
          `  <entry key='forward.type'>json</entry>`,
          `  <entry key='forward.url'>${url}/in/traccar/${shown}</entry>`,
        ]
      : [`OwnTracks, mode HTTP: ${url}/in/owntracks, user ${login}, password ${shown}, device ${device}`]),
  ])
}

/** Takes a tracker out of use. */
export async function removeTracker(terminal: Terminal, id: string): Promise<void> {
  await createApiClient(readAccess(terminal.env)).send('DELETE', `/api/trackers/${encodeURIComponent(id)}`, z.null())
  terminal.result({ removed: id }, () => [`${id} is out of use; what it has told stays.`])
}

async function vehicleOf(api: ApiClient, wanted: string): Promise<string> {
  const found = await everyItem(api, `/api/vehicles?q=${encodeURIComponent(wanted)}`, Vehicle).catch(() => [])
  const exact = found.find(({ plate, id }) => plate === wanted || id === wanted)
  if (exact !== undefined) return exact.id
  if (z.uuid().safeParse(wanted).success) return wanted
  throw new CommandFailed('vehicle/unknown', `no vehicle with the plate ${wanted}`)
}
