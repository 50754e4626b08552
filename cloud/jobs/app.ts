import { millis, seconds } from '#contract/instant.ts'
import type { Postgres } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import type { Jobs } from './jobs.ts'
import { createPgBossClient, type Queue } from './pg-boss-client.ts'
import { LEASE, runTurnLoop, type Turn } from './turn-loop.ts'
import { createTurnStore, type TurnTime } from './turn-store.ts'

type Parts = {
  readonly postgres: Pick<Postgres, 'db' | 'runText'>
  readonly engine: 'pglite' | 'postgres'
  readonly world: World
  /** Name of this cloud instance: started again it takes its own turns up at once. */
  readonly instance: string
  /** Where instances on several machines may share the database its clock decides; default: ours. */
  readonly turnTime?: TurnTime
  /** The machine and folder this instance lives in. With it nobody else on this database may work under its name. */
  readonly seat?: string
}

export type JobHouse = Jobs & {
  /** Makes what the declared jobs need in the database; `send` works from here on. Rejects where the instance's name is taken. */
  open(): Promise<void>
  /** Works jobs off and takes turns until told to stop; resolves when the last has ended. */
  run(stop: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** One of our name that was killed on another machine is forgotten within this. */
const NAME_PATIENCE = seconds(20)
const never = new AbortController().signal

const untilStopped = (stop: AbortSignal): Promise<void> =>
  new Promise((done) => {
    if (stop.aborted) done()
    else stop.addEventListener('abort', () => done(), { once: true })
  })

/** Wires jobs. Starts nothing before `open`. */
export function createJobs({ postgres, engine, world, instance, turnTime = world.clock, seat }: Parts): JobHouse {
  const { clock, log, uuid } = world
  const turns: Turn[] = []
  const queues: Queue[] = []
  const store = createTurnStore(postgres.db, instance, turnTime)
  const boss = createPgBossClient({ runText: postgres.runText, engine, clock, log, uuid })
  const name: Turn = { name: `instance ${instance}`, pause: millis(0), run: untilStopped }
  const names = seat === undefined ? undefined : createTurnStore(postgres.db, seat, turnTime)
  /** Two of one name would both take every turn, and each write over what the other says it has of a stream. */
  const claimName = async (): Promise<void> => {
    if (names === undefined) return
    await names.declare([name.name])
    const giveUpAt = clock.steady() + NAME_PATIENCE
    while (!(await names.take(name.name, name.pause, LEASE))) {
      if (clock.steady() > giveUpAt)
        throw new Error(
          `another cloud called ${instance} works on this database: each needs a KORDON_INSTANCE of its own`,
        )
      await clock.sleep(seconds(1), never)
    }
  }
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
      await claimName()
      await store.declare(turns.map(({ name }) => name))
      await boss.open(queues)
    },
    run: async (stop) => {
      await boss.start(queues)
      await Promise.all([
        untilStopped(stop).then(boss.stop),
        names && runTurnLoop({ turn: name, turns: names, clock, log }, stop),
        ...turns.map((turn) => runTurnLoop({ turn, turns: store, clock, log }, stop)),
      ])
    },
    close: boss.stop,
  }
}
