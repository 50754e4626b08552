import { expect, test } from 'vitest'
import { OrderId, OrderSeq } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import { OrderReport } from '#contract/order.ts'
import { advance, created, givenUp, isFinal, type OrderState, sent } from '../../cloud/orders/order-state.ts'
import { stepImmobilizer } from '../../edge/immobilizer/immobilizer.ts'
import { lived } from '../support/parked.ts'
import { checkModel, type StepMachine } from './model-check.ts'

const DEPTH = 8
/** Seconds of plain work, on a machine that may have other work. */
const LONG = { timeout: 60_000 }

test(
  `every sequence of ${DEPTH} events: no block without verdict and stored intent, no order twice, freeing always at once`,
  LONG,
  () => {
    const { states, complete, broken } = checkModel(DEPTH)
    expect(broken).toEqual([])
    expect(complete).toBe(true)
    expect(states).toBeGreaterThan(5000)
  },
)

const writesEarly: StepMachine = (state, event, at, installed) => {
  const stepped = stepImmobilizer(state, event, at, installed)
  const effects = stepped.effects.map((effect) =>
    effect.effect === 'save' && effect.memory.open?.phase === 'intent'
      ? ({ effect: 'write', target: 'blocked', ticket: effect.ticket } as const)
      : effect,
  )
  return { ...stepped, effects }
}
const STANDING = lived({})
const trustsTheFirstVerdict: StepMachine = (state, event, at, installed) => {
  if (state.work.work !== 'storing' || event.event !== 'saved') return stepImmobilizer(state, event, at, installed)
  const stepped = stepImmobilizer({ ...state, evidence: STANDING }, event, at, installed)
  return { ...stepped, state: { ...stepped.state, evidence: state.evidence } }
}
const forgetsWhatIsDue: StepMachine = (state, event, at, installed) => {
  const { due: _gone, ...memory } = state.memory
  return stepImmobilizer(event.event === 'order' ? { ...state, memory } : state, event, at, installed)
}
const deafToCodes: StepMachine = (state, event, at, installed) =>
  event.event === 'local-release' && state.memory.open !== undefined
    ? { state, effects: [] }
    : stepImmobilizer(state, event, at, installed)

test.each([
  { name: 'writes before the intent is stored', machine: writesEarly, says: /intent is stored/ },
  { name: 'judges no second time', machine: trustsTheFirstVerdict, says: /without a verdict/ },
  { name: 'forgets a last word at the next order', machine: forgetsWhatIsDue, says: /last word/ },
  { name: 'does not hear a code while an order is open', machine: deafToCodes, says: /a code/ },
])('a machine that $name is found out', LONG, ({ machine, says }) => {
  expect(checkModel(DEPTH, machine).broken.join('\n')).toMatch(says)
})

const T0 = 1_795_000_000_000
const REASONS: Readonly<Record<string, string>> = {
  waiting: 'moving',
  refused: 'not-commissioned',
  failed: 'relay-fault',
}
const REPORTS = ['received', 'waiting', 'executing', 'verified', 'refused', 'failed', 'expired', 'superseded'].flatMap(
  (state) =>
    [1, 2, 3].map((at) =>
      OrderReport.parse({
        kind: 'report',
        orderId: OrderId.parse('00000000-0000-4000-8000-000000000001'),
        orderSeq: OrderSeq.parse(1),
        relay: 'closed',
        evidence: {},
        state,
        at: T0 + at,
        ...(REASONS[state] === undefined ? {} : { reason: REASONS[state] }),
      }),
    ),
)
type Told = { readonly order: OrderState; readonly verified: boolean }

test('an order, whatever comes in whatever order: final words of the car stand, and verified is the car’s word alone', () => {
  const keyOf = ({ order, verified }: Told): string => JSON.stringify([order, verified])
  const seen = new Map<string, Told>()
  let edge: readonly Told[] = [{ order: created(epochMs(T0)), verified: false }]
  // The walk ends by itself: there are no more states to be found.
  while (edge.length > 0) {
    const next: Told[] = []
    for (const { order, verified } of edge) {
      const moves: Told[] = [
        { order: sent(order, epochMs(T0 + 2)), verified },
        { order: givenUp(order, 'expired', epochMs(T0 + 2)), verified },
        { order: givenUp(order, 'superseded', epochMs(T0 + 2)), verified },
        ...REPORTS.map((report) => ({
          order: advance(order, report),
          verified: verified || report.state === 'verified',
        })),
      ]
      for (const move of moves) {
        if (isFinal(order.state) && order.by === 'gateway') expect(move.order).toBe(order)
        if (move.order.state === 'verified') expect(move.verified && move.order.by === 'gateway').toBe(true)
        if (isFinal(order.state)) expect(isFinal(move.order.state)).toBe(true)
        if (seen.has(keyOf(move))) continue
        seen.set(keyOf(move), move)
        next.push(move)
      }
    }
    edge = next
  }
  expect(seen.size).toBeGreaterThan(40)
})

test('an unblock whose write was withheld is read back and repeated, never taken for a block', () => {
  const seen: string[] = []
  const withheld: StepMachine = (state, event, at, installed) => {
    const stepped = stepImmobilizer(state, event, at, installed)
    if (event.event === 'withheld' && state.memory.open?.order.action === 'unblock') seen.push(stepped.state.work.work)
    return stepped
  }
  checkModel(5, withheld)
  expect(seen).toContain('reading')
  expect(seen).not.toContain('waiting')
})
