import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { Log } from '../log.ts'
import { createOdometerStore, type OdometerStore } from '../odometer/odometer-store.ts'
import { createOrderInboxStore, type OrderInboxStore, unusableInboxStore } from '../orders/order-inbox-store.ts'
import { createStreamHeadStore, type StreamHeadStore } from '../outbox/stream-head-store.ts'
import { createTimeStore, type TimeStore } from '../time/time-store.ts'
import { createUnlockStore, type UnlockStore } from '../unlock/unlock-store.ts'
import { createKeepAliveStore, type KeepAliveStore } from '../uplink/keep-alive-store.ts'
import { openDatabase } from './sqlite-client.ts'

/** What must outlive every power cut: orders seen, metres driven, numbers given. */
export type StateFile = {
  readonly inbox: OrderInboxStore
  readonly odometer: OdometerStore
  readonly heads: StreamHeadStore
  readonly time: TimeStore
  readonly unlock: UnlockStore
  readonly keepAlive: KeepAliveStore
  /** What went wrong while opening, as names of events. */
  readonly mishaps: readonly string[]
  close(): void
}

/** Opens the state file. Without a usable one nothing may be blocked, and everything else works. */
export function openState(dir: string, log: Log): StateFile {
  try {
    const db = openDatabase(join(dir, 'state.sqlite'))
    const stores = storesOf(db)
    stores.inbox.load()
    return { ...stores, mishaps: [], close: () => db.close() }
  } catch (cause) {
    log.error({ err: cause }, 'state.unusable')
    const db = openDatabase(':memory:')
    return {
      ...storesOf(db),
      inbox: unusableInboxStore(cause),
      mishaps: ['state-unusable'],
      close: () => db.close(),
    }
  }
}

const storesOf = (db: DatabaseSync) => ({
  inbox: createOrderInboxStore(db),
  odometer: createOdometerStore(db),
  heads: createStreamHeadStore(db),
  time: createTimeStore(db),
  unlock: createUnlockStore(db),
  keepAlive: createKeepAliveStore(db),
})
