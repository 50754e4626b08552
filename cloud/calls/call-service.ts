import type { ParksInSight } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import { advance, type Call, type CallEvent, type Happened } from './call.ts'
import type { CallStore, StoredCall } from './call-store.ts'
import type { ExchangeClient } from './exchange-client.ts'
import type { LineStore } from './line-store.ts'
import type { ExchangeWish, RequestStore } from './request-store.ts'

type Deps = Pick<World, 'clock' | 'uuid' | 'log'> &
  Pick<Postgres, 'db'> & {
    readonly callStore: (db: Db) => CallStore
    readonly lineStore: (db: Db) => LineStore
    readonly requestStore: (db: Db) => RequestStore
    /** Undefined while no exchange is connected: then nothing can be asked of one. */
    readonly exchange: ExchangeClient | undefined
    readonly sha256: (bytes: Uint8Array) => string
  }
export type Taken = {
  readonly id: string
  readonly isNew: boolean
  /** What rules and cards are to hear, each with a key of its own. */
  readonly told: readonly {
    readonly name: string
    readonly key: string
    readonly payload: Readonly<Record<string, string>>
  }[]
}
export type CallService = ReturnType<typeof createCallService>

/** A call nobody can be transferred in any more. */
const TRANSFER_MS = 60_000
/** What a source is called when neither our list of numbers nor the exchange knows it. */
const UNKNOWN_SOURCE = 'Звонок'

/** The log of calls, tied to cards; what the exchange is asked; recordings. */
export function createCallService(deps: Deps) {
  const { clock, db, exchange, log } = deps
  const calls = deps.callStore(db)

  const withSource = async (within: Db, event: CallEvent): Promise<CallEvent> => {
    const number = event.direction === 'in' ? (event.line ?? event.callee) : undefined
    const known = number === undefined ? undefined : await deps.lineStore(within).sourceOf(number, event.at)
    return known === undefined ? event : { ...event, source: known }
  }
  const recordingOf = (before: Call | undefined, after: Call): string | undefined =>
    after.recordUrl === undefined || after.recordUrl === before?.recordUrl
      ? undefined
      : exchange?.recordings === 'keep'
        ? 'wanted'
        : 'linked'

  const take = async (within: Db, exchangeId: string, said: CallEvent): Promise<Taken> => {
    const event = await withSource(within, said)
    const store = deps.callStore(within)
    const first = advance(undefined, event)
    const fresh = await store.insert(deps.uuid(), exchangeId, first.call)
    const before = fresh === undefined ? await store.lock(exchangeId, event.callId) : undefined
    const { call, happened } = before === undefined ? first : advance(before, event)
    const id = fresh?.id ?? before?.id
    if (id === undefined) throw new Error('a call is neither new nor known')
    const isNew = fresh !== undefined || isOther(before, call)
    if (before !== undefined && isNew) await store.update(id, call)
    const recording = recordingOf(before, call)
    if (recording !== undefined) await store.setRecording(id, recording, null)
    return { id, isNew, told: call.direction === 'in' ? happened.map((word) => toldOf(id, word, call)) : [] }
  }

  const join = async ({ id, direction, caller, callee, startedAt }: StoredCall): Promise<void> => {
    const outside = direction === 'in' ? caller : callee
    await calls.join(id, outside ?? '', startedAt, clock.now())
  }

  const ask = async (wish: ExchangeWish): Promise<void> => {
    if (exchange === undefined) throw new Fault('call/no-exchange')
    const row = await deps.requestStore(db).find(wish.key)
    if (row === undefined || row.state !== 'waiting') return
    const now = clock.now()
    if (wish.kind === 'transfer' && now - row.askedAt > TRANSFER_MS) {
      await deps.requestStore(db).tried(wish.key, { state: 'too-late', problem: 'Звонок уже кончился', at: now })
      return
    }
    const answer = await exchange.ask(wish, now, new AbortController().signal)
    if (answer.outcome === 'taken') {
      await deps.requestStore(db).tried(wish.key, { state: 'taken', problem: null, at: clock.now() })
      return
    }
    const state = answer.outcome === 'refused' ? 'refused' : 'waiting'
    await deps.requestStore(db).tried(wish.key, { state, problem: answer.why, at: now })
    log.warn({ key: wish.key, kind: wish.kind, state, why: answer.why }, 'call.exchange-refused')
    if (answer.outcome === 'later') throw new Error(answer.why)
  }

  return {
    isConnected: exchange !== undefined,
    take,
    /** Ties a call to the cards of its number, those included that came of it. */
    joined: async (id: string): Promise<void> => {
      const call = await calls.find(id)
      if (call !== undefined) await join(call)
    },
    /** Ties what a crash left untied. */
    joinAll: async (): Promise<void> => {
      for (const call of await calls.unjoined(500)) await join(call)
    },
    /** Asks the exchange, once for each key; rejects when it should be tried again. A refusal is final and on record. */
    ask: async (
      wish: ExchangeWish,
      about: { readonly card: string | undefined; readonly by: string },
    ): Promise<void> => {
      await deps.requestStore(db).asked({ ...wish, ...about, at: clock.now() })
      await ask(wish)
    },
    /** The exchange's own id of a call of ours. */
    outsideIdOf: async (id: string): Promise<string | undefined> => (await calls.find(id))?.callId,
    call: async (id: string, parks: ParksInSight): Promise<StoredCall> => {
      const found = await calls.seen(id, parks)
      if (found === undefined) throw new Fault('call/unknown')
      return found
    },
    /** Fetches recordings that are wanted, each once; one that is not to be had is marked with the reason. */
    fetchRecordings: async (stop: AbortSignal): Promise<number> => {
      if (exchange === undefined) return 0
      const wanted = await calls.unfetched(20)
      for (const { id, recordUrl } of wanted) {
        if (stop.aborted) break
        try {
          const { type, bytes } = await exchange.fetchRecording(recordUrl ?? '', stop)
          await calls.keepRecording({ call: id, type, bytes, sha256: deps.sha256(bytes), fetchedAt: clock.now() })
        } catch (err) {
          await calls.setRecording(id, 'failed', err instanceof Error ? err.message : 'запись не получена')
        }
      }
      return wanted.length
    },
  }
}

const isOther = (before: Call | undefined, after: Call): boolean =>
  before === undefined ||
  (
    ['callee', 'line', 'extension', 'source', 'startedAt', 'rangAt', 'answeredAt', 'endedAt', 'recordUrl'] as const
  ).some((field) => before[field] !== after[field])

const toldOf = (id: string, word: Happened, call: Call): Taken['told'][number] => ({
  name: `call.${word}`,
  key: `${id}:${word}`,
  payload: {
    call: id,
    from: call.caller,
    source: call.source ?? UNKNOWN_SOURCE,
    ...(call.line === undefined ? {} : { line: call.line }),
    ...(call.extension === undefined ? {} : { extension: call.extension }),
  },
})
