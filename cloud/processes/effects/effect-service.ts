import type { Fact, Facts } from '../../expressions/fact-type.ts'
import type { Db, Postgres } from '../../postgres/postgres-client.ts'
import type { World } from '../../world.ts'
import type { BoardStore } from '../board-store.ts'
import type { Actor, CardEvent, CardState, Effect, Recipient } from '../engine/card.ts'
import { NO_LOCALS } from '../engine/draft.ts'
import { openOn } from '../engine/tasks.ts'
import type { FactStore } from '../fact-store.ts'
import type { Asked } from '../notation/catalogue.ts'
import type { Acted, ProcessService } from '../process-service.ts'
import { createLetters } from './letters.ts'
import { outboxRow } from './outbox-row.ts'
import type { OutboxStore } from './outbox-store.ts'
import { createOutside, isFacts } from './outside.ts'
import { NotConnected, type ProcessPorts } from './ports.ts'

type Deps = Pick<World, 'clock' | 'log' | 'uuid'> &
  Pick<Postgres, 'db' | 'inTransaction'> & {
    readonly processes: Pick<ProcessService, 'actIn' | 'birthIn' | 'act' | 'active' | 'activeIn'>
    readonly outboxStore: (db: Db) => OutboxStore
    readonly boardStore: (db: Db) => BoardStore
    readonly factStore: (db: Db) => FactStore
    /** The address at which whoever reads the message adds a file to the card; undefined: the house has no address. */
    readonly uploadAddress: (db: Db, card: string, asked: Asked) => Promise<string | undefined>
    /** The personal address of a client, new with each letter; undefined: the house has no address. */
    readonly clientAddress: (db: Db, client: string) => Promise<string | undefined>
    readonly makeDocument: (db: Db, card: string, document: string, facts: Facts, now: number) => Promise<void>
    readonly ports: ProcessPorts
    /** In whose browsers a form of this card opens by itself. */
    readonly formsFor: (db: Db, to: Recipient, card: string) => Promise<readonly string[]>
    readonly changed: (state: CardState) => void
  }

export type EffectService = {
  /** Carries out what is due; answers how many. Safe on several instances. */
  round(): Promise<number>
  /** One effect now; used where somebody waits for its answer. */
  carryOut(key: string): Promise<void>
  /** Rings timers that are due; answers how many. */
  ring(): Promise<number>
  /** Posts payments that came before their order number was written on a card; answers how many. */
  placePayments(): Promise<number>
}

const PER_ROUND = 100
const PER_SWEEP = 500
const MOST_ATTEMPTS = 8
const SOON_MS = 2000
const UNCONNECTED_MS = 15 * 60_000
const ENGINE: Actor = { kind: 'system', id: 'engine' }

export function createEffectService(deps: Deps): EffectService {
  const { db, inTransaction, clock, log, processes, ports } = deps
  const outside = createOutside({ ports, now: clock.now, active: processes.active })
  const send = createLetters({ ...deps, activeIn: processes.activeIn })

  const actAll = async (
    within: Db,
    card: string,
    event: CardEvent | ReturnType<typeof openOn>,
    told: CardState[],
  ): Promise<Acted | undefined> => {
    const acted = await processes.actIn(within, card, event, ENGINE)
    if (acted !== undefined) told.push(acted.state)
    return acted
  }

  const within = async (
    tx: Db,
    key: string,
    card: string,
    effect: Effect,
    answer: Fact,
    told: CardState[],
  ): Promise<void> => {
    const now = clock.now()
    const further = (effects: readonly Effect[]) =>
      // An event from outside comes of no card.
      deps
        .outboxStore(tx)
        .add(effects.map((one, index) => outboxRow(`${key}/${index}`, card === '' ? null : card, one, now)))
    switch (effect.kind) {
      case 'send':
        return send(tx, key, card, effect)
      case 'doc':
        return deps.makeDocument(tx, card, effect.document, effect.facts, now)
      case 'screen':
        return ports.screen?.({ open: effect.open, card, people: await deps.formsFor(tx, effect.to, card) })
      case 'birth': {
        const parent = await deps.boardStore(tx).brief(card)
        const standing =
          Object.keys(effect.unlessOpen).length === 0
            ? undefined
            : await deps.boardStore(tx).standing(effect.pipeline, effect.unlessOpen)
        if (standing !== undefined) return undefined
        const born = await processes.birthIn(
          tx,
          {
            id: effect.id,
            pipeline: effect.pipeline,
            stage: effect.stage,
            fields: effect.fields,
            parent: card,
            responsible: effect.owner ?? parent?.responsible ?? undefined,
          },
          ENGINE,
        )
        if (born !== undefined) told.push(born.state)
        return undefined
      }
      case 'emit': {
        const machine = await processes.activeIn(tx)
        const event: CardEvent = { kind: 'outside', name: effect.event, payload: effect.payload }
        const cards = await deps.boardStore(tx).about(effect.subject)
        const queues = [...(machine?.definitions.pipelines.values() ?? [])].flatMap((pipeline) =>
          pipeline.stages.flatMap((stage) => {
            const waits = stage.when.some(
              (line) =>
                line.deliver === 'oldest' &&
                line.event.kind === 'outside' &&
                line.event.names.some(({ name }) => name === effect.event),
            )
            return waits ? [{ pipeline: pipeline.id, stage: stage.id }] : []
          }),
        )
        const inQueue = (one: { readonly pipeline: string; readonly stage: string }) =>
          queues.some((queue) => queue.pipeline === one.pipeline && queue.stage === one.stage)
        return further([
          ...cards.filter((one) => !inQueue(one)).map((one): Effect => ({ kind: 'deliver', card: one.id, event })),
          ...queues.map((queue): Effect => ({ kind: 'deliverOldest', ...queue, event })),
        ])
      }
      case 'recordChanged': {
        const cards = await deps.boardStore(tx).about({ [effect.entity]: effect.id })
        return further(
          cards
            .filter(({ id }) => id !== card)
            .map((one): Effect => ({ kind: 'deliver', card: one.id, event: { kind: 'changed', paths: effect.paths } })),
        )
      }
      case 'deliver':
        return void (await actAll(tx, effect.card, effect.event, told))
      case 'deliverOldest': {
        for (const id of await deps.boardStore(tx).waiting(effect.pipeline, effect.stage, 20)) {
          const acted = await actAll(tx, id, effect.event, told)
          if (acted?.did === true) return undefined
        }
        return undefined
      }
      case 'onCard': {
        const each: Readonly<Record<string, string>> = effect.about === undefined ? {} : { driver: effect.about }
        return void (await actAll(tx, effect.card, openOn(effect.task, { ...NO_LOCALS, each }), told))
      }
      case 'permit': {
        const { permit, of: entity, record, until } = effect
        const wish = { permit, entity, record, until, card }
        if ((await ports.grant?.(tx, wish)) === true) return undefined
        return deps.boardStore(tx).grant({ ...wish, grantedAt: now })
      }
      case 'registry': {
        const old = (await deps.factStore(tx).record(effect.entity, effect.key)) ?? {}
        const appended = Object.entries(effect.append).map(([field, value]): readonly [string, Fact] => {
          const list = old[field]
          return [field, [...(Array.isArray(list) ? list : []), value]]
        })
        return deps
          .factStore(tx)
          .write(effect.entity, effect.key, { ...effect.set, ...Object.fromEntries(appended) }, now)
      }
      case 'payment': {
        const found = await deps.boardStore(tx).standing(undefined, effect.match)
        const fresh = await deps.boardStore(tx).addPayment({
          key: effect.key,
          amount: effect.amount,
          match: JSON.stringify({ match: effect.match, fill: effect.fill }),
          card: found ?? null,
          at: now,
        })
        if (fresh && found !== undefined)
          await actAll(tx, found, { kind: 'payment', amount: effect.amount, key: effect.key, fill: effect.fill }, told)
        return undefined
      }
      case 'call':
        if (effect.run !== undefined && effect.step !== undefined)
          await actAll(
            tx,
            card,
            { kind: 'answered', run: effect.run, step: effect.step, answer: isFacts(answer) ? answer : undefined },
            told,
          )
        return undefined
      default:
        return undefined
    }
  }

  const failed = async (key: string, card: string | null, attempts: number, err: unknown): Promise<void> => {
    const now = clock.now()
    const problem = err instanceof Error ? err.message : String(err)
    if (err instanceof NotConnected) {
      await deps.outboxStore(db).later(key, now + UNCONNECTED_MS, problem)
      return
    }
    log.warn({ err, key, attempts }, 'process.effect-failed')
    if (attempts + 1 < MOST_ATTEMPTS) {
      await deps.outboxStore(db).later(key, now + SOON_MS * 2 ** attempts, problem)
      return
    }
    await inTransaction((tx) =>
      deps
        .outboxStore(tx)
        .dead(key, now, problem)
        .then(() => undefined),
    )
    if (card !== null)
      await processes
        .act(
          card,
          { kind: 'failed', what: `effect:${key}`, why: `Не получилось за ${MOST_ATTEMPTS} попыток: ${problem}` },
          ENGINE,
        )
        .catch((cause: unknown) => log.error({ err: cause, key }, 'process.no-error-task'))
  }

  const carryOut = async (key: string): Promise<void> => {
    const waiting = await deps.outboxStore(db).take(key)
    if (waiting === undefined) return
    const effect = effectFrom(waiting.effect)
    const card = waiting.card ?? ''
    const told: CardState[] = []
    try {
      const answer = await outside(key, card, effect)
      await inTransaction(async (tx) => {
        if ((await deps.outboxStore(tx).take(key)) === undefined) return
        await within(tx, key, card, effect, answer, told)
        await deps.outboxStore(tx).done(key, clock.now())
      })
      for (const state of told) deps.changed(state)
    } catch (err) {
      await failed(key, waiting.card, waiting.attempts, err)
    }
  }

  return {
    carryOut,
    round: async () => {
      const keys = await deps.outboxStore(db).due(clock.now(), PER_ROUND)
      for (const key of keys) await carryOut(key)
      return keys.length
    },
    placePayments: async () => {
      let placed = 0
      for (const { key, amount, match } of await deps.boardStore(db).waitingPayments(200)) {
        const card = await deps.boardStore(db).standing(undefined, match.match)
        if (card === undefined) continue
        const acted = await inTransaction(async (tx) =>
          (await deps.boardStore(tx).placePayment(key, card))
            ? processes.actIn(tx, card, { kind: 'payment', amount, key, fill: match.fill }, ENGINE)
            : undefined,
        )
        if (acted === undefined) continue
        placed += 1
        deps.changed(acted.state)
      }
      return placed
    },
    ring: async () => {
      const due = await deps.boardStore(db).dueTimers(clock.now(), PER_SWEEP)
      for (const { card, name, version } of due)
        try {
          await processes.act(card, { kind: 'timer', name, version }, ENGINE)
        } catch (err) {
          log.error({ err, card, name }, 'process.timer-failed')
        }
      return due.length
    },
  }
}

const isEffect = (stored: unknown): stored is Effect =>
  typeof stored === 'object' && stored !== null && 'kind' in stored

/** Only we write this table, from effects. */
function effectFrom(stored: unknown): Effect {
  if (!isEffect(stored)) throw new Error('not an effect')
  return stored
}
