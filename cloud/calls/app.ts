import { createHash } from 'node:crypto'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { seconds } from '#contract/instant.ts'
import type { Caller } from '../http/access.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import { createBoardStore } from '../processes/board-store.ts'
import { NotConnected, type ProcessPorts } from '../processes/effects/ports.ts'
import { signature } from '../processes/inbox/signature-client.ts'
import type { World } from '../world.ts'
import type { CallEvent } from './call.ts'
import { createCallRoutes } from './call-routes.ts'
import { createCallService, type Taken } from './call-service.ts'
import { type CallStore, createCallStore } from './call-store.ts'
import { type CallView, callView } from './call-view.ts'
import { createExchangeClient } from './exchange-client.ts'
import type { ExchangeSettings } from './exchange-settings.ts'
import { createLineRoutes } from './line-routes.ts'
import { createLineStore } from './line-store.ts'
import { createRequestStore } from './request-store.ts'

export type Calls = {
  /** What an exchange says of a call, within the caller's transaction. */
  take(within: Db, exchange: string, event: CallEvent): Promise<Taken>
  /** Ties a call to the cards of its number. */
  joined(id: string): Promise<void>
  /** For processes: their port `telephony`. */
  readonly telephony: NonNullable<ProcessPorts['telephony']>
  /** Calls tied to a card that the caller may see, as they are told over REST; newest first. */
  ofCard(
    caller: Pick<Caller, 'parks'>,
    card: string,
    page: Parameters<CallStore['list']>[1],
  ): Promise<readonly CallView[]>
  readonly routes: readonly FastifyPluginAsyncZod[]
}

type Parts = Pick<Postgres, 'db'> & {
  readonly world: World
  /** Absent in tests, which turn the rounds by hand. */
  readonly jobs?: Pick<Jobs, 'every'>
  readonly settings: ExchangeSettings | undefined
}

/** Wires the log of calls and the way to the exchange; starts nothing. */
export function createCalls({ db, world, jobs, settings }: Parts): Calls {
  const { clock, uuid, log } = world
  const service = createCallService({
    clock,
    uuid,
    log,
    db,
    callStore: createCallStore,
    lineStore: createLineStore,
    requestStore: createRequestStore,
    exchange: settings === undefined ? undefined : createExchangeClient(settings, signature),
    sha256: (bytes) => createHash('sha256').update(bytes).digest('hex'),
  })
  const lines = createLineStore(db)
  jobs?.every('calls-joined', seconds(30), service.joinAll)
  jobs?.every('call-recordings', seconds(20), async (stop) => void (await service.fetchRecordings(stop)))
  return {
    take: service.take,
    joined: service.joined,
    ofCard: async ({ parks }, card, page) => {
      const store = createCallStore(db)
      const found = await store.list({ card, parks }, page)
      const cards = await store.cardsOf(found.map(({ id }) => id))
      return found.map((call) => callView(call, cards.get(call.id) ?? []))
    },
    telephony: async ({ key, transfer, text, call, card }) => {
      if (!service.isConnected) throw new NotConnected('АТС не подключена')
      const about = { card, by: 'Кордон' }
      const callId = typeof call['call'] === 'string' ? await service.outsideIdOf(call['call']) : undefined
      if (transfer !== undefined) {
        const to = await lines.extensionOf(`${transfer.kind}:${transfer.id}`)
        if (to === undefined) throw new NotConnected(`Не сказано, на какой номер переводить: ${transfer.id}`)
        await service.ask({ key: `${key}:transfer`, kind: 'transfer', callId, to, text: undefined }, about)
      }
      if (text !== undefined) await service.ask({ key: `${key}:say`, kind: 'say', callId, to: undefined, text }, about)
    },
    routes: [
      createCallRoutes({
        uuid,
        calls: service,
        store: createCallStore(db),
        lines,
        cardInSight: createBoardStore(db).inSight,
      }),
      createLineRoutes({ clock, uuid, lines, requests: createRequestStore(db), calls: service }),
    ],
  }
}
