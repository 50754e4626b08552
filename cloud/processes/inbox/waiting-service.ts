import type { Db, Postgres } from '../../postgres/postgres-client.ts'
import type { World } from '../../world.ts'
import { outboxRow } from '../effects/outbox-row.ts'
import type { OutboxStore } from '../effects/outbox-store.ts'
import type { CardEvent } from '../engine/card.ts'
import { factsFrom } from '../stored-facts.ts'
import type { InboxStore } from './inbox-store.ts'

type Deps = Pick<World, 'clock'> &
  Pick<Postgres, 'db' | 'inTransaction'> & {
    readonly inboxStore: (db: Db) => InboxStore
    readonly outboxStore: (db: Db) => OutboxStore
  }

/** What is told of a number before its card is there is told to the card that comes within this time. */
const PATIENCE_MS = 24 * 3_600_000
const PER_LOOK = 100

/** Events that came before the card they are about: each is delivered to it once, in the order in which they happened. */
export const createWaitingEvents = ({ db, inTransaction, clock, inboxStore, outboxStore }: Deps) => ({
  /** Answers how many have found their card. */
  place: async (): Promise<number> => {
    const now = clock.now()
    let placed = 0
    for (const { adapter, key, event, payload, card } of await inboxStore(db).placeable(now - PATIENCE_MS, PER_LOOK)) {
      const told: CardEvent = { kind: 'outside', name: event, payload: factsFrom(payload) }
      const isOurs = await inTransaction(async (tx) => {
        if (!(await inboxStore(tx).placed(adapter, key))) return false
        // Named by their turn: what is due at one moment is carried out in the order of its keys.
        const order = String(placed).padStart(4, '0')
        await outboxStore(tx).add([
          outboxRow(`late:${now}:${order}:${adapter}:${key}`, null, { kind: 'deliver', card, event: told }, now),
        ])
        return true
      })
      if (isOurs) placed += 1
    }
    return placed
  },
})
