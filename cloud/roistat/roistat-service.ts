import type { CursorStore } from '../postgres/cursor-store.ts'
import type { Machine } from '../processes/engine/machine.ts'
import type { World } from '../world.ts'
import { orderOf, statusesOf } from './roistat.ts'
import type { RoistatClient } from './roistat-client.ts'
import type { RoistatStore } from './roistat-store.ts'

type Deps = Pick<World, 'clock' | 'log'> & {
  readonly pipelines: readonly string[]
  readonly client: RoistatClient
  readonly cards: RoistatStore
  readonly cursors: Pick<CursorStore, 'read' | 'move'>
  readonly active: () => Promise<Machine | undefined>
}
const JOURNAL = 'card-log'
const ORDERS = 'roistat'
const STATUSES = 'roistat-statuses'
const LINES = 500
/** Longer than any transaction that writes the log of a card. */
const SETTLED_MS = 5000

/** Tells Roistat what has become of the deals of some pipelines, so that it knows which advertising brings money. */
export function createRoistatService({ pipelines, client, cards, cursors, active, clock, log }: Deps) {
  /** Statuses are told again with each version of the definitions. */
  const tellStatuses = async (machine: Machine, stop: AbortSignal): Promise<void> => {
    if ((await cursors.read(JOURNAL, STATUSES)) === machine.version) return
    const statuses = statusesOf(machine.definitions, pipelines)
    if (statuses.length === 0) return
    await client.setStatuses(statuses, stop)
    await cursors.move(JOURNAL, STATUSES, machine.version)
  }
  return {
    /** Sends what has changed since the last time; answers how many cards. What is not taken is sent again. */
    send: async (stop: AbortSignal): Promise<number> => {
      const machine = await active()
      if (machine === undefined) return 0
      let count = 0
      try {
        await tellStatuses(machine, stop)
        for (let more = true; more && !stop.aborted; ) {
          const after = await cursors.read(JOURNAL, ORDERS)
          const found = await cards.changed(pipelines, after, { until: clock.now() - SETTLED_MS, limit: LINES })
          more = found.through > after
          if (!more) break
          const orders = found.cards.map((card) =>
            orderOf(card, machine.pipeline(card.pipeline)?.title ?? card.pipeline),
          )
          if (orders.length > 0) await client.addOrders(orders, stop)
          // After it was taken: a crash in between sends the same orders again, which changes nothing there.
          await cursors.move(JOURNAL, ORDERS, found.through)
          count += orders.length
        }
      } catch (err) {
        log.warn({ err }, 'roistat.not-sent')
      }
      return count
    },
  }
}
