import type { Db, Postgres } from '../../postgres/postgres-client.ts'
import type { World } from '../../world.ts'
import { outboxRow } from '../effects/outbox-row.ts'
import type { OutboxStore } from '../effects/outbox-store.ts'
import type { Asked } from '../notation/catalogue.ts'
import type { ProcessService } from '../process-service.ts'
import type { FileStore } from './file-store.ts'
import type { Upload, UploadStore } from './upload-store.ts'

type Deps = Pick<World, 'clock' | 'uuid' | 'randomBytes'> &
  Pick<Postgres, 'inTransaction'> & {
    readonly publicUrl: string | undefined
    readonly uploadStore: (db: Db) => UploadStore
    readonly fileStore: (db: Db) => FileStore
    readonly outboxStore: (db: Db) => OutboxStore
    readonly processes: Pick<ProcessService, 'actIn'>
  }
type File = { readonly name: string; readonly type: string; readonly bytes: Uint8Array }

const DAY_MS = 86_400_000

/** Files that somebody outside adds to a card by a link: each link takes one. */
export function createUploadService(deps: Deps) {
  const { clock, uuid, randomBytes, inTransaction, publicUrl } = deps
  return {
    /** A new secret address, within the transaction that sends it. */
    addressFor: async (within: Db, card: string, asked: Asked): Promise<string | undefined> => {
      if (publicUrl === undefined) return undefined
      const token = Buffer.from(randomBytes(24)).toString('base64url')
      const now = clock.now()
      await deps.uploadStore(within).add({
        id: uuid(),
        card,
        title: asked.title,
        event: asked.event.name,
        field: asked.field.name,
        token,
        createdAt: now,
        expiresAt: now + asked.days * DAY_MS,
      })
      return new URL(`/u/${token}`, publicUrl).href
    },
    /** Keeps the file, writes it into its field and queues the event; its key, or undefined when the link was used before. */
    take: (upload: Upload, file: File): Promise<string | undefined> =>
      inTransaction(async (within) => {
        const now = clock.now()
        const { id, card, title, event, field } = upload
        if (!(await deps.uploadStore(within).use(id, now))) return undefined
        const stored = await deps.fileStore(within).add({
          ...file,
          id: uuid(),
          card,
          document: undefined,
          by: `По ссылке: ${title}`.slice(0, 120),
          at: now,
          clientKey: `upload ${id}`,
        })
        await deps.processes.actIn(
          within,
          card,
          { kind: 'fields', set: { [field]: stored } },
          { kind: 'system', id: 'upload' },
        )
        const key = `upload:${id}`
        const told = { kind: 'emit', event, payload: {}, subject: { card } } as const
        await deps.outboxStore(within).add([outboxRow(key, card, told, now)])
        return key
      }),
  }
}
