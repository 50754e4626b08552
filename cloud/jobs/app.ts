import { millis } from '#contract/instant.ts'
import type { Postgres } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import type { Jobs } from './jobs.ts'
import { createPgBossClient, type Queue } from './pg-boss-client.ts'
import { runTurnLoop, type Turn } from './turn-loop.ts'
import { createTurnStore, type TurnTime } from './turn-store.ts'

type Parts = {
  readonly postgres: Pick<Postgres, 'db' | 'runText'>
  readonly engine: 'pglite' | 'postgres'
  readonly world: World
  /** Name of this cloud instance: started again it takes its own turns up at once. */
  readonly instance: string
  /** Where instances on several machines may share the database its clock decides; default: ours. */
  readonly turnTime?: TurnTime
}

export type JobHouse = Jobs & {
  /** Makes what the declared jobs need in the database; `send` works from here on. */
  open(): Promise<void>
  /** Works jobs off and takes turns until told to stop; resolves when the last has ended. */
  run(stop: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** Wires jobs. Starts nothing before `open`. */
export function createJobs({ postgres, engine, world, instance, turnTime = world.clock }: Parts): JobHouse {
  const { clock, log, uuid } = world
  const turns: Turn[] = []
  const queues: Queue[] = []
  const store = createTurnStore(postgres.db, instance, turnTime)
  const boss = createPgBossClient({ runText: postgres.runText, engine, clock, log, uuid })
  let state: 'declaring' | 'open' = 'declaring'
  const declare = <Item extends { readonly name: string }>(list: Item[], item: Item): void => {
    if (state === 'open') throw new Error(`job ${item.name} is declared too late`)
    if ([...turns, ...queues].some(({ name }) => name === item.name))
      throw new Error(`two jobs are called ${item.name}`)
    list.push(item)
  }
  return {
    every: (name, when, handler) => {
      if (typeof when === 'number') declare(turns, { name, pause: when, run: handler })
      else declare(queues, { name, when, handler: (_, stop) => handler(stop) })
    },
    alone: (name, loop) => declare(turns, { name, pause: millis(0), run: loop }),
    work: (name, handler, options = {}) => declare(queues, { name, handler, ...options }),
    send: (name, data, options = {}) => boss.send(name, data, options),
    open: async () => {
      state = 'open'
      await store.declare(turns.map(({ name }) => name))
      await boss.open(queues)
    },
    run: async (stop) => {
      await boss.start(queues)
      const stopped = new Promise<void>((done) => {
        if (stop.aborted) done()
        else stop.addEventListener('abort', () => done(), { once: true })
      }).then(boss.stop)
      await Promise.all([stopped, ...turns.map((turn) => runTurnLoop({ turn, turns: store, clock, log }, stop))])
    },
    close: boss.stop,
  }
}
