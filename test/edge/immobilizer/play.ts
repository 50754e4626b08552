import { OrderId } from '#contract/ids.ts'
import { epochMs, later, millis } from '#contract/instant.ts'
import { Order, type OrderAction, type OrderReport } from '#contract/order.ts'
import { stepImmobilizer } from '../../../edge/immobilizer/immobilizer.ts'
import {
  FIRST_MEMORY,
  type ImmobilizerMemory,
  type Installed,
  startState,
} from '../../../edge/immobilizer/immobilizer-state.ts'
import type { Effect, ImmobilizerEvent } from '../../../edge/immobilizer/immobilizer-step.ts'
import { observe } from '../../../edge/interlock/evidence.ts'
import { drive, fix, ignition } from '../../support/moments.ts'
import { INSTALLED as installed } from './installed.ts'

export const WALL = 1_795_000_000_000

type RelayModel = { word: 'free' | 'blocked'; obeys: boolean; speaks: boolean }

/** Plays service, disk, relay and car for the pure machine; the relay answers at once, the test says how. */
export function play(
  options: {
    memory?: ImmobilizerMemory
    relay?: Partial<RelayModel>
    change?: Partial<Installed>
    startAt?: number
    unsealed?: true
  } = {},
) {
  const relay: RelayModel = { word: 'free', obeys: true, speaks: true, ...options.relay }
  const { sealedAt, ...rest } = { ...installed, ...options.change }
  const world: Installed = options.unsealed === true || sealedAt === undefined ? rest : { ...rest, sealedAt }
  let steady = options.startAt ?? 0
  let disk = options.memory ?? FIRST_MEMORY
  let state = startState(disk, millis(steady))
  const said: string[] = []
  const reports: OrderReport[] = []
  const writes: string[] = []
  const faults = {
    diskFull: false,
    outboxFull: false,
    crashBefore: undefined as Effect['effect'] | undefined,
    beforeWrite: () => {},
  }
  let crashed = false

  const send = (event: ImmobilizerEvent): void => {
    const queue: ImmobilizerEvent[] = [event]
    for (let next = queue.shift(); next !== undefined && !crashed; next = queue.shift()) {
      const at = { steady: millis(steady), wall: epochMs(WALL + steady), quality: 'estimated' as const }
      const stepped = stepImmobilizer(state, next, at, world)
      state = stepped.state
      for (const effect of stepped.effects) {
        if (effect.effect === faults.crashBefore && (effect.effect !== 'write' || effect.target === 'blocked'))
          crashed = true
        if (crashed) return
        const answer = perform(effect)
        if (answer !== undefined) queue.push(answer)
      }
    }
  }

  const perform = (effect: Effect): ImmobilizerEvent | undefined => {
    switch (effect.effect) {
      case 'save':
        if (faults.diskFull) return { event: 'unsaved', ticket: effect.ticket }
        disk = effect.memory
        return { event: 'saved', ticket: effect.ticket }
      case 'report':
        reports.push(effect.report)
        said.push('reason' in effect.report ? `${effect.report.state}(${effect.report.reason})` : effect.report.state)
        return faults.outboxFull ? undefined : { event: 'told', report: effect.report }
      case 'event':
        said.push(`!${effect.record.name}`)
        return undefined
      case 'read':
        return { event: 'drive', ticket: effect.ticket, word: relay.speaks ? relay.word : 'unknown' }
      case 'write':
        faults.beforeWrite()
        writes.push(effect.target)
        if (relay.obeys) relay.word = effect.target
        return { event: relay.speaks ? 'written' : 'unwritten', ticket: effect.ticket }
      default:
        return effect satisfies never
    }
  }

  let seq = 0
  const make = (action: OrderAction, more: object = {}): Order => {
    seq += 1
    const iat = epochMs(WALL + steady)
    return Order.parse({
      orderId: OrderId.parse(`8d7f3c52-58a4-4f0a-9b1e-${String(seq).padStart(12, '0')}`),
      seq,
      aud: world.gatewayId,
      vehicleId: world.vehicleId,
      action,
      reasons: ['manual'],
      iat,
      by: 'user:test',
      ...(action === 'block' ? { notAfter: later(iat, 15 * 60_000) } : {}),
      ...more,
    })
  }
  /** Lets seconds pass: readings of a car that stands, or of one as told, and ticks. */
  const pass = (secondsLong: number, car: { ignition?: boolean; speedKmh?: number; deaf?: boolean } = {}): void => {
    for (let s = 0; s < secondsLong; s += 1) {
      for (let tenth = 0; tenth < 10; tenth += 1) {
        steady += 100
        if (tenth % 2 === 1) send({ event: 'tick' })
      }
      const readings = [
        ignition(car.ignition ?? false, steady),
        ...(relay.speaks ? [drive(relay.word, steady)] : []),
        ...fix(steady, { speedKmh: car.speedKmh ?? 0 }),
      ]
      if (car.deaf !== true)
        send({ event: 'readings', evidence: observe(state.evidence, readings, world.sources, world.policy) })
    }
  }
  return {
    send,
    pass,
    make,
    order: (one: Order) => send({ event: 'order', order: one }),
    said,
    reports,
    writes,
    relay,
    faults,
    disk: () => disk,
    state: () => state,
    crashed: () => crashed,
    now: () => steady,
  }
}

/** After the start of its process. */
export const started = (options: Parameters<typeof play>[0] = {}) => {
  const game = play(options)
  game.send({ event: 'started' })
  return game
}
/** Standing with the key off for longer than any block waits. */
export const parked = (options: Parameters<typeof play>[0] = {}) => {
  const game = started(options)
  game.pass(100)
  return game
}
