import type { Fact, Facts } from '../expressions/fact-type.ts'
import type { Caller } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import { outboxRow } from '../processes/effects/outbox-row.ts'
import type { OutboxStore } from '../processes/effects/outbox-store.ts'
import type { Actor } from '../processes/engine/card.ts'
import type { Machine } from '../processes/engine/machine.ts'
import type { ProcessService } from '../processes/process-service.ts'
import type { World } from '../world.ts'
import type { Order, OwnCar, PageState } from './client-page.ts'
import type { LinkStore } from './link-store.ts'
import type { OrderStore } from './order-store.ts'

type Deps = Pick<World, 'clock' | 'uuid' | 'randomBytes'> &
  Pick<Postgres, 'db' | 'inTransaction'> &
  Pick<ProcessService, 'machineOf' | 'actIn'> & {
    /** Under which people reach us; undefined: there are no links. */
    readonly publicUrl: string | undefined
    readonly linkStore: (db: Db) => LinkStore
    readonly orderStore: (db: Db) => OrderStore
    readonly outboxStore: (db: Db) => OutboxStore
    /** Fields of a client. */
    readonly client: (id: string) => Promise<Facts | undefined>
    readonly file: (id: string) => Promise<
      | {
          readonly card: string | null
          readonly document: string | null
          readonly name: string
          readonly type: string
          readonly bytes: Uint8Array
        }
      | undefined
    >
    /** A card that this caller may work on. Rejects with card/unknown and its kin. */
    readonly cardOf: (caller: Caller, id: string) => Promise<{ readonly fields: Readonly<Record<string, unknown>> }>
    /** Puts on record that a client has opened his page or acted on it; never rejects. */
    readonly tell: (event: 'opened' | 'asked' | 'agreed', client: string, card: string | undefined) => Promise<void>
  }
export type ClientPageService = ReturnType<typeof createClientPageService>

const LASTS_MS = 180 * 86_400_000
const THE_CLIENT: Actor = { kind: 'system', id: 'client-page' }
const textOf = (fact: Fact): string | undefined => (typeof fact === 'string' && fact !== '' ? fact : undefined)
const numberOf = (fact: Fact): number | undefined => (typeof fact === 'number' ? fact : undefined)

/** The page of a client of the car service: he sees his own orders and cars, asks, and agrees to the sum. */
export function createClientPageService(deps: Deps) {
  const { db, clock, uuid, randomBytes, inTransaction, publicUrl } = deps
  const orders = deps.orderStore(db)

  const clientOf = async (token: string): Promise<string> => {
    const client = await deps.linkStore(db).clientOf(token, clock.now())
    if (client === undefined) throw new Fault('client-page/gone')
    return client
  }
  const own = async (token: string, card: string) => {
    const client = await clientOf(token)
    const order = await orders.order(client, card)
    const machine = order && (await deps.machineOf(order.definition))
    const stage = order && machine?.stage(order.pipeline, order.stage)
    if (order === undefined || machine === undefined || stage?.forClient === undefined)
      throw new Fault('client-page/gone')
    return { client, order, machine, stage }
  }
  const asksOf = (
    machine: Machine,
    order: { readonly pipeline: string; readonly stage: string; readonly fields: Facts },
  ) => {
    const field = machine.stage(order.pipeline, order.stage)?.asksClient?.name
    const sum = field === undefined ? undefined : numberOf(order.fields[field])
    return sum === undefined || order.fields['approvedByClient'] === true ? undefined : sum
  }
  const emitted = async (tx: Db, key: string, card: string, event: string, payload: Facts): Promise<void> => {
    await deps
      .outboxStore(tx)
      .add([outboxRow(key, card, { kind: 'emit', event, payload, subject: { card } }, clock.now())])
  }

  /** A new address of this client, within the transaction that tells it to him. */
  const linkFor = async (within: Db, client: string, by: string): Promise<string | undefined> => {
    if (publicUrl === undefined) return undefined
    const token = Buffer.from(randomBytes(24)).toString('base64url')
    const now = clock.now()
    await deps.linkStore(within).add({ token, client, createdAt: now, createdBy: by, expiresAt: now + LASTS_MS })
    return new URL(`/c/${token}`, publicUrl).href
  }

  return {
    linkFor,
    /** An address for the client of a card, made by a person. Faults: card/unknown, client-page/no-client, client-page/no-address. */
    linkOfCard: async (caller: Caller, card: string): Promise<string> => {
      const client = (await deps.cardOf(caller, card)).fields['client']
      if (typeof client !== 'string' || client === '') throw new Fault('client-page/no-client')
      const address = await linkFor(db, client, caller.name)
      if (address === undefined) throw new Fault('client-page/no-address')
      return address
    },
    /** Closes every address of the client of a card. Faults: card/unknown, client-page/no-client. */
    closeOfCard: async (caller: Caller, card: string): Promise<number> => {
      const client = (await deps.cardOf(caller, card)).fields['client']
      if (typeof client !== 'string' || client === '') throw new Fault('client-page/no-client')
      return deps.linkStore(db).closeAll(client, clock.now())
    },

    /** Everything the page shows. Faults: client-page/gone. */
    state: async (token: string): Promise<PageState> => {
      const client = await clientOf(token)
      const [fields, cards, cars] = await Promise.all([deps.client(client), orders.orders(client), orders.cars(client)])
      const seen: Order[] = []
      for (const card of cards) {
        const machine = await deps.machineOf(card.definition)
        const words = machine.stage(card.pipeline, card.stage)?.forClient
        if (words === undefined) continue
        const documents = [...machine.definitions.documents.values()].filter(({ forClient }) => forClient)
        const files = await orders.files(
          [card.id],
          documents.map(({ id }) => id),
        )
        seen.push({
          id: card.id,
          no: card.no,
          car: textOf(card.fields['plate']) ?? textOf(card.fields['auto']),
          stage: words,
          open: card.closedAt === null,
          at: card.createdAt,
          visitAt: numberOf(card.fields['visitAt']),
          need: textOf(card.fields['need']),
          sum: numberOf(card.fields['total']) ?? numberOf(card.fields['estimate']),
          isEstimate: numberOf(card.fields['total']) === undefined,
          paid: numberOf(card.fields['paid']),
          asks: card.closedAt === null ? asksOf(machine, card) : undefined,
          agreed: card.fields['approvedByClient'] === true,
          documents: files.map(({ id, document, addedAt }) => ({
            id,
            title: documents.find((one) => one.id === document)?.title ?? '',
            at: addedAt,
          })),
        })
      }
      await deps.tell('opened', client, undefined)
      return { name: textOf(fields?.['name']), bonus: numberOf(fields?.['bonus']), orders: seen, cars: cars.map(carOf) }
    },

    /** A question of his stands in the log of the card, and somebody has a task to answer it. Faults: client-page/gone. */
    ask: async (token: string, card: string, text: string): Promise<void> => {
      const { client } = await own(token, card)
      const name = textOf((await deps.client(client))?.['name']) ?? 'без имени'
      const now = clock.now()
      await inTransaction(async (tx) => {
        await deps.orderStore(tx).comment(card, text, `Клиент ${name}`, now)
        await emitted(tx, `client-page:${uuid()}`, card, 'client.asked', { text: text.slice(0, 500) })
      })
      await deps.tell('asked', client, card)
    },

    /** He agrees to the sum that he saw. Faults: client-page/gone, client-page/other-sum. */
    agree: async (token: string, card: string, kopecks: number): Promise<void> => {
      const { client } = await own(token, card)
      await inTransaction(async (tx) => {
        const order = await deps.orderStore(tx).order(client, card)
        const machine = order && (await deps.machineOf(order.definition))
        const asked = order && machine && asksOf(machine, order)
        // Pressed twice it is agreed once.
        if (order?.fields['approvedByClient'] === true) return
        if (asked === undefined || asked !== kopecks) throw new Fault('client-page/other-sum')
        await deps.actIn(tx, card, { kind: 'fields', set: { approvedByClient: true } }, THE_CLIENT)
        await emitted(tx, `client-page:${uuid()}`, card, 'client.agreed', { amount: kopecks })
      })
      await deps.tell('agreed', client, card)
    },

    /** A document of his own orders. Faults: client-page/gone. */
    document: async (token: string, id: string) => {
      const client = await clientOf(token)
      const file = await deps.file(id)
      const order = file?.card === null || file === undefined ? undefined : await orders.order(client, file.card)
      const machine = order && (await deps.machineOf(order.definition))
      const isHis =
        machine !== undefined &&
        file?.type === 'application/pdf' &&
        machine.definitions.documents.get(file.document ?? '')?.forClient === true &&
        machine.stage(order?.pipeline ?? '', order?.stage ?? '')?.forClient !== undefined
      if (file === undefined || !isHis) throw new Fault('client-page/gone')
      return { name: file.name, bytes: file.bytes }
    },
  }
}

const carOf = (car: Facts & { readonly id: string }): OwnCar => ({
  plate: textOf(car['plate']) ?? car.id,
  what: [car['make'], car['model'], car['year']]
    .flatMap((part) => (part === undefined ? [] : [String(part)]))
    .join(' '),
  dueOn: numberOf(car['inspectionDueOn']),
  dueKm: numberOf(car['inspectionDueKm']),
  advice: textOf(car['recommendation']),
  adviceOn: numberOf(car['recommendedOn']),
})
