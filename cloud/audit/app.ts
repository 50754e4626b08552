import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { Decision } from '../decisions/decision.ts'
import type { Rights } from '../http/guard-service.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import { runAuditLoop } from './audit-loop.ts'
import { createAuditRoutes } from './audit-routes.ts'
import { type AuditService, createAuditService } from './audit-service.ts'
import { createAuditStore } from './audit-store.ts'
import { createCheckpointStore } from './checkpoint-store.ts'
import { decisionWord } from './decision-word.ts'
import { createLeafJournalStore } from './leaf-journal-store.ts'
import { createWebhookClient } from './webhook-client.ts'

type Parts = Pick<Postgres, 'db' | 'inTransaction'> & {
  readonly world: World
  readonly dataDir: string
  /** Embedded: leaves are kept in a file besides, since such a database may lose its last commits. */
  readonly database: 'embedded' | 'outside'
  /** A second folder for checkpoints, best on another machine. */
  readonly checkpointDir: string | undefined
  readonly checkpointWebhook: string | undefined
  /** What a reader of the audit may see of fields of people. */
  readonly fieldsOf: Rights['fieldsOf']
}

export type Audit = {
  readonly service: AuditService
  readonly routes: FastifyPluginAsyncZod
  readonly loop: (stop: AbortSignal) => Promise<void>
  /** In the transaction in which a decision takes effect, now or replayed: it is on record once. */
  decided(within: Db, decision: Decision): Promise<void>
  /** To be awaited after the migrations and before anything decides. */
  open(): Promise<void>
  close(): void
}

/** Wires the audit; starts nothing. */
export function createAudit({ db, inTransaction, world, ...settings }: Parts): Audit {
  const folder = join(settings.dataDir, 'audit')
  const journal = settings.database === 'embedded' ? createLeafJournalStore(folder) : undefined
  const { checkpointDir, checkpointWebhook } = settings
  const webhook = checkpointWebhook === undefined ? undefined : createWebhookClient(checkpointWebhook)
  const service = createAuditService({
    db,
    inTransaction,
    world,
    auditStore: createAuditStore,
    checkpoints: createCheckpointStore(folder, checkpointDir === undefined ? [] : [checkpointDir]),
    journal,
    announce: async (checkpoint) => webhook?.announce(checkpoint),
  })
  return {
    service,
    routes: createAuditRoutes(service, settings.fieldsOf),
    loop: (stop) => runAuditLoop({ audit: service, clock: world.clock, log: world.log }, stop),
    decided: (within, decision) => {
      const source = createHash('sha256').update(JSON.stringify(decision)).digest('hex')
      return service.record(within, [decisionWord(decision, `decision:${source}`)])
    },
    open: service.open,
    close: () => journal?.close(),
  }
}
