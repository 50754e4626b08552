import type { Log } from '../log.ts'
import type { CursorStore } from '../postgres/cursor-store.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import type { Decision, DecisionEntry } from './decision.ts'
import type { DecisionStore } from './decision-store.ts'

/** What a transaction decided, and what to answer to the caller once it is durable. */
export type Decided<Result> = { readonly decisions: readonly Decision[]; readonly result: Result }

export type DecisionService = {
  /**
   * Runs `work` in a transaction, applies what it decided in the same transaction, and resolves when both the database
   * and the journal have it. One at a time in this process. When `work` rejects, nothing has happened.
   */
  decide<Result>(work: (db: Db) => Promise<Decided<Result>>): Promise<Result>
  /** Applies the decisions that the database has lost. To be called once, before anything else decides. */
  recover(): Promise<number>
}

type Deps = Pick<Postgres, 'db' | 'inTransaction'> & {
  readonly journal: DecisionStore
  readonly cursors: (db: Db) => CursorStore
  /** Writes one decision into the tables; harmless when it is there already. */
  readonly apply: (db: Db, decision: Decision) => Promise<void>
  readonly log: Log
}

const CONSUMER = 'decisions'
const RECOVER_AT_ONCE = 500

/** The one way by which acknowledged decisions reach the tables, now and when they are replayed. */
export function createDecisionService(deps: Deps): DecisionService {
  const { db, inTransaction, journal, apply, log } = deps
  let queue: Promise<unknown> = Promise.resolve()
  let position: number | undefined

  const applyEntry = async (within: Db, entry: DecisionEntry): Promise<void> => {
    for (const decision of entry.decisions) await apply(within, decision)
    await deps.cursors(within).move(journal.journal, CONSUMER, entry.position)
  }
  const nextPosition = async (): Promise<number> => {
    // The database may be ahead: committed there, but stopped before the journal had it. Such a number is not used again.
    position ??= Math.max(journal.last(), await deps.cursors(db).read(journal.journal, CONSUMER))
    position += 1
    return position
  }
  const decideNow = async <Result>(work: (within: Db) => Promise<Decided<Result>>): Promise<Result> => {
    const next = await nextPosition()
    const { decisions, result } = await inTransaction(async (within) => {
      const decided = await work(within)
      if (decided.decisions.length > 0) await applyEntry(within, { position: next, decisions: decided.decisions })
      return decided
    })
    if (decisions.length > 0) journal.append({ position: next, decisions })
    return result
  }

  return {
    decide: (work) => {
      const turn = queue.then(() => decideNow(work))
      queue = turn.catch(() => {})
      return turn
    },
    recover: async () => {
      let recovered = 0
      let cursor = await deps.cursors(db).read(journal.journal, CONSUMER)
      for (;;) {
        const entries = journal.after(cursor, RECOVER_AT_ONCE)
        const last = entries.at(-1)
        if (last === undefined) break
        await inTransaction(async (within) => {
          for (const entry of entries) await applyEntry(within, entry)
        })
        cursor = last.position
        recovered += entries.length
      }
      if (recovered > 0) log.warn({ entries: recovered }, 'decisions.recovered')
      return recovered
    },
  }
}
