import type { GatewayId } from '#contract/ids.ts'
import type { ParksInSight } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import type { Log } from '../log.ts'
import type { JournalStore } from './journal-store.ts'
import { type ReadAgain, readAgain } from './quarantine.ts'
import type { Alike, Quarantined, QuarantineQuery, WholeQuarantined } from './quarantine-sql.ts'

export type QuarantineService = {
  list(parks: ParksInSight, query: QuarantineQuery): Promise<readonly (Quarantined & { readonly alike: Alike })[]>
  /** Fault: `quarantine/unknown`. */
  find(parks: ParksInSight, id: number): Promise<WholeQuarantined & { readonly alike: Alike }>
  /**
   * Reads the bytes as this version understands them and stores what fits; it is no longer in quarantine then. Answers how
   * many records were stored. Faults: `quarantine/unknown`, `quarantine/still-refused`.
   */
  retry(parks: ParksInSight, id: number, scope?: Scope): Promise<number>
  /** Throws the bytes away. Fault: `quarantine/unknown`. */
  remove(parks: ParksInSight, id: number, scope?: Scope): Promise<void>
}

/** `alike`: this one and all others of the same gateway with the same reason; of those what still does not fit stays. */
export type Scope = 'one' | 'alike'

type Readable = Extract<ReadAgain, { readonly ok: true }>

type Deps = {
  readonly journal: Pick<JournalStore, 'quarantine' | 'takeBack'>
  readonly log: Log
  /** Which of these gateways exist for somebody who sees these parks. */
  seen(parks: readonly string[], gateways: readonly GatewayId[]): Promise<ReadonlySet<GatewayId>>
}

/** What this instance could not take in. Another instance has a journal, and so a quarantine, of its own. */
export function createQuarantineService({ journal, log, seen }: Deps): QuarantineService {
  const { quarantine } = journal
  const inSight = async (parks: ParksInSight, rows: readonly Quarantined[]): Promise<readonly Quarantined[]> => {
    if (parks === 'all' || rows.length === 0) return rows
    const gateways = await seen(parks, [...new Set(rows.map(({ gateway }) => gateway))])
    return rows.filter(({ gateway }) => gateways.has(gateway))
  }
  const one = async (parks: ParksInSight, id: number): Promise<WholeQuarantined> => {
    const row = quarantine.find(id)
    if (row === undefined || (await inSight(parks, [row])).length === 0) throw new Fault('quarantine/unknown')
    return row
  }
  const takeBack = async ({ id, gateway, receivedAt }: Quarantined, again: Readable): Promise<number> => {
    const { stream, range, items } = again
    return (await journal.takeBack({ id, gateway, receivedAt, stream, range, items, declared: [] })).stored
  }
  const takeAlike = async (like: Quarantined): Promise<number> => {
    let stored = 0
    let ids = quarantine.idsAlike(like, 0)
    while (ids.length > 0) {
      const taken = ids.map((id) => {
        const row = quarantine.find(id)
        const again = row === undefined ? undefined : readAgain(row)
        return row !== undefined && again?.ok === true ? takeBack(row, again) : 0
      })
      for (const count of await Promise.all(taken)) stored += count
      ids = quarantine.idsAlike(like, ids.at(-1) ?? 0)
    }
    return stored
  }
  return {
    list: async (parks, query) => {
      const found: Quarantined[] = []
      let { before } = query
      while (found.length < query.limit) {
        const rows = quarantine.page({ ...query, before })
        found.push(...(await inSight(parks, rows)))
        before = rows.at(-1)?.id
        if (rows.length < query.limit) break
      }
      // Counted once for all that are alike: on a page of a flood that is all of them, each as long as the flood.
      const counted = new Map<string, Alike>()
      return found.slice(0, query.limit).map((row) => {
        const key = `${row.gateway} ${row.reason}`
        const alike = counted.get(key) ?? quarantine.alike(row)
        counted.set(key, alike)
        return { ...row, alike }
      })
    },
    find: async (parks, id) => {
      const row = await one(parks, id)
      return { ...row, alike: quarantine.alike(row) }
    },
    retry: async (parks, id, scope = 'one') => {
      const row = await one(parks, id)
      const { gateway } = row
      const again = readAgain(row)
      if (!again.ok) throw new Fault('quarantine/still-refused', again.reason)
      let stored = await takeBack(row, again)
      if (scope === 'alike') stored += await takeAlike(row)
      log.info({ gateway, id, scope, stored }, 'quarantine.taken-back')
      return stored
    },
    remove: async (parks, id, scope = 'one') => {
      const { gateway, reason } = await one(parks, id)
      const removed = scope === 'alike' ? quarantine.removeAlike({ gateway, reason }) : Number(quarantine.remove(id))
      log.info({ gateway, id, reason, removed }, 'quarantine.removed')
    },
  }
}
