import { z } from 'zod'
import { epochMs } from '#contract/instant.ts'
import type { Facts } from '../../expressions/fact-type.ts'
import { Fault } from '../../http/fault.ts'
import type { Author } from '../../policies/policy-service.ts'
import type { Db } from '../../postgres/postgres-client.ts'
import type { WhatIfRow } from '../../postgres/rule-tables.ts'
import type { World } from '../../world.ts'
import type { CompiledRule } from '../compiled-rule.ts'
import { type FactPlace, ownerOf, placesOf } from '../fact-history.ts'
import type { FactStore } from '../fact-store.ts'
import type { Subject, SubjectSource } from '../ports.ts'
import type { WhatIfHit, WhatIfResult, WhatIfWish } from '../what-if-wish.ts'
import { type Change, historyKey, replay } from './replay.ts'
import type { WhatIfStore } from './what-if-store.ts'

export type WhatIfService = {
  /** Stores what is to be tried and queues it. Faults: rule/unknown, rule/mistaken. */
  ask(wish: WhatIfWish, by: Author): Promise<string>
  /** Faults: what-if/unknown. */
  find(id: string): Promise<WhatIfRow>
  /** Calls a trial off that has not ended; one that has stays as it is. Faults: what-if/unknown. */
  cancel(id: string): Promise<void>
  /** Works one trial off. */
  run(data: unknown, stop: AbortSignal): Promise<void>
}

type Deps = Pick<World, 'clock' | 'log' | 'uuid'> & {
  readonly db: Db
  readonly whatIfStore: (db: Db) => WhatIfStore
  readonly factStore: (db: Db) => Pick<FactStore, 'between'>
  readonly subjects: () => readonly SubjectSource[]
  readonly rule: (id: string) => Promise<CompiledRule | undefined>
  readonly compile: (text: string) => CompiledRule
  readonly policy: () => Promise<Facts>
  readonly send: (id: string) => Promise<void>
}

const DAY = 86_400_000
/** Subjects whose history is in memory at once: some ten megabytes. */
const AT_ONCE = 100
const HITS_KEPT = 1000

/** Tries other numbers or another text over what truly happened, before anybody is held by them. */
export function createWhatIfService(deps: Deps): WhatIfService {
  const { db, clock, log, uuid, whatIfStore } = deps

  const ruleOf = async ({ ruleId, source }: WhatIfWish): Promise<CompiledRule> => {
    if (source !== undefined) return deps.compile(source)
    const rule = await deps.rule(ruleId)
    if (rule === undefined) throw new Fault('rule/unknown', ruleId)
    return rule
  }

  const historyOf = async (places: readonly FactPlace[], subjects: readonly Subject[], from: number, to: number) => {
    const history = new Map<string, readonly Change[]>()
    for (const kind of ['vehicle', 'driver', 'lease'] as const) {
      const own = places.filter((place) => place.kind === kind)
      const ids = [...new Set(subjects.flatMap((subject) => ownerOf({ kind }, subject) ?? []))]
      const fields = own.map(({ field }) => field)
      const tracks = await deps.factStore(db).between(kind, ids, fields, epochMs(from), epochMs(to))
      for (const { id, field, changes } of tracks) history.set(historyKey(kind, id, field), changes)
    }
    return history
  }

  const compute = async (
    wish: WhatIfWish,
    told: (share: number) => Promise<boolean>,
    stop: AbortSignal,
  ): Promise<WhatIfResult | 'called-off'> => {
    const [changed, asItIs] = [await ruleOf(wish), (await deps.rule(wish.ruleId)) ?? (await ruleOf(wish))]
    const to = clock.now()
    const span = { from: epochMs(to - wish.days * DAY), to }
    const now = await deps.policy()
    const then = { ...now, ...wish.policy }
    const subjects = await subjectsOf(deps.subjects(), changed)
    const places = uniquePlaces([...placesOf(changed), ...placesOf(asItIs)])
    const hits: WhatIfHit[] = []
    const hitNow = new Set<string>()
    let [evaluations, unknown] = [0, 0]
    for (let start = 0; start < subjects.length; start += AT_ONCE) {
      if (stop.aborted) throw new Error('stopped')
      const page = subjects.slice(start, start + AT_ONCE)
      const history = await historyOf(places, page, span.from, span.to)
      for (const subject of page) {
        const tried = replay(changed, places, subject, history, then, span)
        hits.push(...tried.hits)
        evaluations += tried.evaluations
        unknown += tried.unknown
        for (const hit of replay(asItIs, places, subject, history, now, span).hits) hitNow.add(ownOf(hit))
      }
      if (!(await told((start + page.length) / subjects.length))) return 'called-off'
    }
    const hitThen = new Set(hits.map(ownOf))
    return {
      ...span,
      subjects: subjects.length,
      evaluations,
      hits: hits.sort((a, b) => a.at - b.at).slice(0, HITS_KEPT),
      hitCount: hits.length,
      vehicles: hitThen.size,
      vehiclesNow: hitNow.size,
      added: [...hitThen].filter((id) => !hitNow.has(id)).sort(),
      spared: [...hitNow].filter((id) => !hitThen.has(id)).sort(),
      unknownShare: evaluations === 0 ? 0 : unknown / evaluations,
    }
  }

  return {
    ask: async (wish, by) => {
      await ruleOf(wish)
      const id = uuid()
      const row = { id, at: clock.now(), byId: by.id, byName: by.name, wish, state: 'waiting', doneShare: 0 } as const
      await whatIfStore(db).add({ ...row, result: null, error: null })
      await deps.send(id)
      return id
    },
    find: async (id) => {
      const row = await whatIfStore(db).find(id)
      if (row === undefined) throw new Fault('what-if/unknown')
      return row
    },
    cancel: async (id) => {
      const store = whatIfStore(db)
      if ((await store.find(id)) === undefined) throw new Fault('what-if/unknown')
      await store.cancel(id)
    },
    run: async (data, stop) => {
      const { id } = z.strictObject({ id: z.uuid() }).parse(data)
      const store = whatIfStore(db)
      const row = await store.find(id)
      if (row === undefined || row.state === 'done' || !(await store.progress(id, 0))) return
      try {
        const result = await compute(row.wish, (share) => store.progress(id, share), stop)
        if (result !== 'called-off') await store.finish(id, result, null)
      } catch (err) {
        if (stop.aborted) throw err
        log.warn({ err, whatIf: id }, 'what-if.failed')
        await store.finish(id, null, err instanceof Error ? err.message : 'failed')
      }
    },
  }
}

const ownOf = ({ vehicleId, driverId, subject }: WhatIfHit): string => vehicleId ?? driverId ?? subject

const uniquePlaces = (places: readonly FactPlace[]): readonly FactPlace[] => [
  ...new Map(places.map((place) => [`${place.path} ${place.kind}`, place])).values(),
]

async function subjectsOf(sources: readonly SubjectSource[], rule: CompiledRule): Promise<readonly Subject[]> {
  for (const source of sources) {
    const found = await source(rule.rule.for, undefined)
    if (found !== undefined) return found
  }
  return []
}
