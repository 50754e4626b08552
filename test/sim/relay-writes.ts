import type { ImmobilizerMemory } from '../../edge/immobilizer/immobilizer-state.ts'
import { verdictNow } from '../../edge/immobilizer/immobilizer-step.ts'
import type { RelayDrive } from '../../edge/immobilizer/relay-output.ts'
import { gatewayIdOf, vehicleIdOf } from './gateway-ids.ts'
import type { Inside } from './gateway-inside.ts'
import type { RelayBoard } from './relay-board.ts'
import { START_OF_TIME } from './world.ts'

type Deps = {
  readonly board: RelayBoard
  /** What the disk holds of the order's life. */
  readonly stored: () => ImmobilizerMemory
  /** The highest genuine order for this car that has come. */
  readonly highestReceived: () => number
}

/** Writes of the coil, with the last look before the bytes, and the oracle beside it. */
export function createRelayWrites(inside: Inside, deps: Deps): (target: RelayDrive, ticket: number) => void {
  const { world, vehicle, draw, state, installed, moment, steady, clockTrusted } = inside
  const { boot, isUp, later, inProcess, dispatch, push, passes } = inside
  const { oracle } = world
  const { board } = deps

  const mayStill = (target: RelayDrive, ticket: number): boolean => {
    const { work, ticket: newest } = state()
    if (work.work !== 'writing' || newest !== ticket) return false
    return target === 'free' || verdictNow(state(), moment(), installed(), work.writes - 1).verdict === 'proceed'
  }

  const write = (target: RelayDrive, ticket: number): void => {
    if (!mayStill(target, ticket)) return void push({ event: 'withheld', ticket })
    const wait = world.fault('relay', vehicle)?.shape === 'busy-line' ? draw.between(100, 3000) : draw.between(0, 25)
    later(wait, () =>
      inProcess(() => {
        // The port is free: the last look, right before the bytes.
        if (!mayStill(target, ticket)) {
          world.sometimes('a write was withheld at the port')
          return dispatch({ event: 'withheld', ticket })
        }
        world.tell(vehicle, () => `writes ${target}`)
        judgeWrite(target)
        board.write(target, state().memory.open?.order.orderId, (word) => {
          if (isUp()) later(0, () => inProcess(() => answerWrite(word, ticket)))
        })
        if (target === 'blocked') passes('after-coil-before-read-back')
      }),
    )
  }
  const answerWrite = (event: 'written' | 'unwritten', ticket: number): void => dispatch({ event, ticket })

  /** I2 at the one place where it can be broken. */
  const judgeWrite = (target: RelayDrive): void => {
    const open = state().memory.open
    const seq = open?.order.seq ?? 0
    if (target === 'free') {
      if (open !== undefined) oracle.ledger.executedSeq.set(vehicle, Math.max(seq, lastExecuted()))
      return
    }
    oracle.check('I2', vehicle, open?.order.action === 'block', () => 'the relay was blocked without a block order')
    if (open?.order.action !== 'block') return
    const { order, received } = open
    const stored = deps.stored().open
    oracle.check(
      'I2',
      vehicle,
      stored?.phase === 'intent' && stored.order.orderId === order.orderId,
      () => 'the coil was written before its intent was stored',
    )
    oracle.check(
      'I2',
      vehicle,
      order.aud === gatewayIdOf(vehicle) && order.vehicleId === vehicleIdOf(vehicle),
      () => 'an order for another acted',
    )
    // A second write after a read-back that failed is the same act; one after a restart is another.
    const act = `${order.orderId} ${boot()}`
    const again = oracle.ledger.acts.get(vehicle) === act
    oracle.check('I2', vehicle, again || seq > lastExecuted(), () => `order ${seq} acted after ${lastExecuted()}`)
    oracle.ledger.acts.set(vehicle, act)
    const trueNow = START_OF_TIME + world.now()
    const life = order.notAfter - order.iat
    const late = clockTrusted() ? trueNow - order.notAfter : steady() - received.steadyAt - life
    oracle.check('I2', vehicle, late <= 1000, () => `a block acted ${Math.round(late / 1000)} s after its time`)
    oracle.check(
      'D1',
      vehicle,
      seq >= deps.highestReceived(),
      () => `order ${seq} acted though ${deps.highestReceived()} had come`,
    )
    oracle.ledger.executedSeq.set(vehicle, Math.max(seq, lastExecuted()))
  }
  const lastExecuted = (): number => oracle.ledger.executedSeq.get(vehicle) ?? 0

  return write
}
