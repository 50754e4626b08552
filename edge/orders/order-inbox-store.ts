import type { DatabaseSync } from 'node:sqlite'
import { FIRST_MEMORY, ImmobilizerMemory } from '../immobilizer/immobilizer-state.ts'

export type OrderInboxStore = {
  /** What was saved last, or a first memory on a new file. Throws on a file that is not ours to understand. */
  load(): ImmobilizerMemory
  /** On disk when it returns; throws when it could not be written, and then the last saved memory stands. */
  save(memory: ImmobilizerMemory): void
}

/** The gateway's memory of orders: highest seq, the open order with its intent, the relay as last proved. One row. */
export function createOrderInboxStore(db: DatabaseSync): OrderInboxStore {
  db.exec('CREATE TABLE IF NOT EXISTS order_inbox (id INTEGER PRIMARY KEY CHECK (id = 1), memory TEXT NOT NULL) STRICT')
  const select = db.prepare('SELECT memory FROM order_inbox WHERE id = 1')
  const upsert = db.prepare(
    'INSERT INTO order_inbox (id, memory) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET memory = excluded.memory',
  )
  return {
    load: () => {
      const row = select.get()
      return row === undefined ? FIRST_MEMORY : ImmobilizerMemory.parse(JSON.parse(String(row['memory'])))
    },
    save: (memory) => {
      upsert.run(JSON.stringify(memory))
    },
  }
}

/** An inbox for a gateway whose state file cannot be used: it remembers nothing, so nothing may be blocked by it. */
export const unusableInboxStore = (cause: unknown): OrderInboxStore => ({
  load: () => FIRST_MEMORY,
  save: () => {
    throw new Error('the state file cannot be used', { cause })
  },
})
