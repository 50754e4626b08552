import { Fault } from '../../http/fault.ts'
import type { Db, Postgres } from '../../postgres/postgres-client.ts'
import type { World } from '../../world.ts'
import type { DefinitionStore } from '../definition-store.ts'
import { RUSSIAN_HOLIDAYS } from '../engine/holidays.ts'
import { createMachine } from '../engine/machine.ts'
import { play } from '../engine/play.ts'
import { check } from '../lint/lint.ts'
import { type Definitions, stageOf } from '../notation/definitions.ts'
import type { Problem } from '../notation/problem.ts'
import type { SourceFile } from '../notation/source.ts'
import { diff } from './diff.ts'

/** More than a person records, and played in well under a second. */
const MOST_EVENTS = 500

export type Mapping = Readonly<Record<string, Readonly<Record<string, string>>>>
/** Cards that stand where the new version has no stage. */
export type Homeless = { readonly pipeline: string; readonly stage: string; readonly count: number }

export type DefinitionService = {
  /** Checks and keeps files as a version; nothing runs on it yet. Faults: definition/refused with every problem. */
  load(files: readonly SourceFile[], note: string, by: string): Promise<number>
  check(files: readonly SourceFile[]): readonly Problem[]
  /**
   * New cards are born on it from now on. `keep`: standing cards go on with theirs; `move`: they come along. Faults:
   * definition/unknown, definition/stage-has-cards with the counts, until `mapping` says where those cards go.
   */
  activate(
    version: number,
    options: { readonly cards: 'keep' | 'move'; readonly mapping: Mapping; readonly by: string },
  ): Promise<{ readonly carried: number }>
  diff(from: number, to: number): Promise<readonly string[]>
  definitionsOf(version: number): Promise<Definitions>
  /** Plays events on files, or on a version; nothing is kept. Faults: definition/refused, definition/unknown, request/invalid. */
  play(
    of: { readonly version?: number | undefined; readonly files?: readonly SourceFile[] | undefined },
    events: string,
  ): Promise<readonly string[]>
}

type Deps = Pick<World, 'clock' | 'log'> &
  Pick<Postgres, 'db' | 'inTransaction'> & {
    readonly definitionStore: (db: Db) => DefinitionStore
    /** Rules of an activated version go to the rule engine. */
    readonly loadRules: (files: readonly SourceFile[], version: number) => Promise<void>
    readonly logCarried: (
      db: Db,
      cards: readonly { readonly id: string; readonly version: number }[],
      to: { readonly pipeline: string; readonly from: string; readonly stage: string; readonly by: string },
    ) => Promise<void>
  }

export function createDefinitionService(deps: Deps): DefinitionService {
  const { db, inTransaction, clock, log } = deps
  const stored = async (within: Db, version: number) => {
    const found = await deps.definitionStore(within).find(version)
    if (found === undefined) throw new Fault('definition/unknown')
    return found
  }
  const definitionsOf = async (version: number): Promise<Definitions> =>
    check((await stored(db, version)).files).definitions

  return {
    check: (files) => check(files).problems,
    definitionsOf,
    load: async (files, note, by) => {
      const { problems } = check(files)
      if (problems.length > 0) throw new Fault('definition/refused', `Ошибок: ${problems.length}`, { problems })
      const version = await deps.definitionStore(db).add(files, note, by, clock.now())
      log.info({ version, files: files.length, by }, 'processes.loaded')
      return version
    },
    activate: async (version, { cards, mapping, by }) => {
      const { files } = await stored(db, version)
      const { definitions } = check(files)
      const carried = await inTransaction(async (tx) => {
        const store = deps.definitionStore(tx)
        const standing = await store.standing()
        const homeless = new Map<string, Homeless>()
        const moves: { readonly pipeline: string; readonly from: string; readonly stage: string }[] = []
        for (const { pipeline, stage, count } of standing) {
          const target = mapping[pipeline]?.[stage]
          const wanted = target ?? stage
          const exists = stageOf(definitions.pipelines.get(pipeline), wanted) !== undefined
          const key = `${pipeline} ${stage}`
          if (!exists) homeless.set(key, { pipeline, stage, count: count + (homeless.get(key)?.count ?? 0) })
          else if (target !== undefined || cards === 'move') moves.push({ pipeline, from: stage, stage: wanted })
        }
        if (homeless.size > 0) {
          const list = [...homeless.values()]
          const words = list.map(({ pipeline, stage, count }) => `${pipeline}.${stage}: ${count}`).join(', ')
          throw new Fault(
            'definition/stage-has-cards',
            `Карточки стоят на этапах, которых больше нет (${words}). Скажите в mapping, куда их перевести`,
            { stages: list },
          )
        }
        let count = 0
        for (const move of moves) {
          const moved = await store.carry({ pipeline: move.pipeline, stage: move.from }, { stage: move.stage, version })
          await deps.logCarried(tx, moved, { ...move, by })
          count += moved.length
        }
        await store.activate(version, by, clock.now())
        return count
      })
      await deps.loadRules(files, version)
      log.info({ version, carried, by }, 'processes.activated')
      return { carried }
    },
    play: async ({ version, files }, events) => {
      const { definitions, problems } = check(files ?? (await stored(db, version ?? 0)).files)
      if (problems.length > 0) throw new Fault('definition/refused', `Ошибок: ${problems.length}`, { problems })
      if (events.split('\n').length > MOST_EVENTS)
        throw new Fault('request/invalid', `Не больше ${MOST_EVENTS} событий`)
      try {
        return play(createMachine(version ?? 0, definitions, RUSSIAN_HOLIDAYS), events)
      } catch (cause) {
        throw new Fault('request/invalid', cause instanceof Error ? cause.message : String(cause))
      }
    },
    diff: async (from, to) => diff(await definitionsOf(from), await definitionsOf(to)),
  }
}
