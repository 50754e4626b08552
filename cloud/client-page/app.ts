import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { seconds } from '#contract/instant.ts'
import type { AuditWord } from '../audit/entry.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Postgres } from '../postgres/postgres-client.ts'
import type { Processes } from '../processes/app.ts'
import { createFileStore } from '../processes/documents/file-store.ts'
import { createOutboxStore } from '../processes/effects/outbox-store.ts'
import type { World } from '../world.ts'
import { createClientPageRoutes } from './client-page-routes.ts'
import { type ClientPageService, createClientPageService } from './client-page-service.ts'
import { createLinkStore } from './link-store.ts'
import { createOrderStore } from './order-store.ts'

type Parts = Pick<Postgres, 'db' | 'inTransaction'> & {
  readonly world: World
  readonly jobs: Pick<Jobs, 'every'>
  readonly publicUrl: string | undefined
  readonly processes: () => Pick<Processes, 'service' | 'record' | 'workable'>
  readonly witness: (words: readonly AuditWord[]) => Promise<void>
}
export type ClientPage = { readonly service: ClientPageService; readonly routes: readonly FastifyPluginAsyncZod[] }

/** Wires the page of a client of the car service; starts nothing. */
export function createClientPage({ db, inTransaction, world, jobs, publicUrl, processes, witness }: Parts): ClientPage {
  const { clock, uuid, log } = world
  const service = createClientPageService({
    ...world,
    db,
    inTransaction,
    publicUrl,
    linkStore: createLinkStore,
    orderStore: createOrderStore,
    outboxStore: createOutboxStore,
    machineOf: (version) => processes().service.machineOf(version),
    actIn: (...wish) => processes().service.actIn(...wish),
    client: (id) => processes().record('client', id),
    file: (id) => createFileStore(db).find(id),
    cardOf: (caller, id) => processes().workable(caller, id),
    tell: async (event, client, card) => {
      const head = { source: `client-page:${uuid()}`, at: clock.now(), by: { kind: 'nobody', id: '' } } as const
      const kind = event === 'opened' ? ('look' as const) : ('request' as const)
      const subjects = card === undefined ? [client] : [client, card]
      await witness([{ ...head, kind, subjects, data: { route: '/c', event } }]).catch((err: unknown) =>
        log.error({ err }, 'audit.not-told'),
      )
    },
  })
  jobs.every(
    'client-links-forgotten',
    seconds(6 * 3600),
    async () => void (await createLinkStore(db).forget(clock.now())),
  )
  const inEnglish = async (words: readonly string[]): Promise<ReadonlyMap<string, string>> => {
    const english = (await processes().service.active())?.definitions.english
    return new Map(
      words.flatMap((one): (readonly [string, string])[] => {
        const said = english?.get(one)
        return said === undefined ? [] : [[one, said.text]]
      }),
    )
  }
  return { service, routes: [createClientPageRoutes({ page: service, inEnglish })] }
}
