import type { GatewayEvent } from '#contract/event.ts'
import type { RelayWord } from '#contract/frame.ts'
import { type BlockOrder, isProvenReport, type Order, type OrderReport } from '#contract/order.ts'
import type { Evidence } from '../interlock/evidence.ts'
import { evidenceSnapshot } from '../interlock/evidence-snapshot.ts'
import { judge, type Verdict } from '../interlock/interlock.ts'
import { motionSamples } from '../interlock/motion-minute.ts'
import { orderExpiry } from '../orders/order-expiry.ts'
import {
  type ImmobilizerMemory,
  type ImmobilizerState,
  type Installed,
  type Moment,
  REPORTS_DUE,
} from './immobilizer-state.ts'
import type { RelayDrive } from './relay-output.ts'

/** What has happened. Answers carry the ticket of the effect they answer. */
export type ImmobilizerEvent =
  | { readonly event: 'started' }
  | { readonly event: 'order'; readonly order: Order }
  | { readonly event: 'readings'; readonly evidence: Evidence }
  | { readonly event: 'saved' | 'unsaved'; readonly ticket: number }
  /** The report is on the outbox's disk. */
  | { readonly event: 'told'; readonly report: OrderReport }
  /** `withheld`: the last look before the coil said no, and nothing was written. */
  | { readonly event: 'written' | 'unwritten' | 'withheld'; readonly ticket: number }
  | { readonly event: 'drive'; readonly ticket: number; readonly word: RelayDrive | 'unknown' }
  | { readonly event: 'tick' }
  /** An authorised person at the vehicle: frees, cancels a waiting block, needs no network. */
  | { readonly event: 'local-release'; readonly cause?: 'relay-test' }
  /** A technician's own block at the vehicle: never the cloud's, and without a number of the cloud's. */
  | { readonly event: 'relay-test'; readonly order: BlockOrder }
  /** The contact contradicts its drive, read back and sensed: the fault is latched, and nothing is moved. */
  | { readonly event: 'relay-stuck' }

/** What is to be done, in this order. `save`, `write` and `read` are answered by an event. */
export type Effect =
  | { readonly effect: 'save'; readonly memory: ImmobilizerMemory; readonly ticket: number }
  | { readonly effect: 'write'; readonly target: RelayDrive; readonly ticket: number }
  | { readonly effect: 'read'; readonly ticket: number }
  | { readonly effect: 'report'; readonly report: OrderReport }
  | { readonly effect: 'event'; readonly record: GatewayEvent }

export type Stepped = { readonly state: ImmobilizerState; readonly effects: readonly Effect[] }

export const stay = (state: ImmobilizerState): Stepped => ({ state, effects: [] })

/** Pure. Adds effects behind those of a step. */
export const also = (stepped: Stepped, ...effects: readonly Effect[]): Stepped => ({
  state: stepped.state,
  effects: [...stepped.effects, ...effects],
})

/** Pure. Goes on with another step from where this one ended. */
export const andThen = (first: Stepped, next: (state: ImmobilizerState) => Stepped): Stepped => {
  const second = next(first.state)
  return { state: second.state, effects: [...first.effects, ...second.effects] }
}

export const remember = (
  state: ImmobilizerState,
  change: Partial<ImmobilizerMemory>,
  drop: readonly ('open' | 'due')[] = [],
): ImmobilizerState => {
  const memory = { ...state.memory, ...change }
  for (const key of drop) delete memory[key]
  return { ...state, memory }
}

/** Pure. The order's last word, kept until the outbox has it on its disk. */
export const owing = (state: ImmobilizerState, report: OrderReport): ImmobilizerState =>
  remember(state, { due: [...(state.memory.due ?? []), report].slice(-REPORTS_DUE) })

export const save = (state: ImmobilizerState): Stepped => {
  const ticket = state.ticket + 1
  return { state: { ...state, ticket }, effects: [{ effect: 'save', memory: state.memory, ticket }] }
}

export const write = (state: ImmobilizerState, target: RelayDrive, writes: number, at: Moment): Stepped => {
  const ticket = state.ticket + 1
  const watch = target === 'blocked' ? { watch: { since: at.steady, until: at.steady } } : {}
  const { watch: _over, ...rest } = state
  return {
    state: { ...rest, ...watch, ticket, work: { work: 'writing', target, writes } },
    effects: [{ effect: 'write', target, ticket }],
  }
}

export const read = (state: ImmobilizerState): Stepped => {
  const ticket = state.ticket + 1
  return { state: { ...state, ticket }, effects: [{ effect: 'read', ticket }] }
}

const RELAY_WORDS = { free: 'closed', blocked: 'open', unknown: 'unknown' } as const
const WITNESS_MAX_AGE_MS = 3000

/** Pure. The relay as last witnessed, in the words of the wire; a witness too old is none. */
export function relayWord({ evidence }: ImmobilizerState, at: Moment): RelayWord {
  const witness = evidence.sense ?? evidence.drive
  return witness === undefined || at.steady - witness.at > WITNESS_MAX_AGE_MS ? 'unknown' : RELAY_WORDS[witness.word]
}

export type ReportedStep =
  | { readonly state: Exclude<OrderReport['state'], 'waiting' | 'refused' | 'failed'> }
  | Pick<Extract<OrderReport, { state: 'waiting' }>, 'state' | 'reason'>
  | Pick<Extract<OrderReport, { state: 'refused' }>, 'state' | 'reason'>
  | Pick<Extract<OrderReport, { state: 'failed' }>, 'state' | 'reason'>

/** Pure. The report of one step of an order, with the evidence of this moment, and of the last minute where it ends. */
export function reportOf(
  state: ImmobilizerState,
  order: Order,
  step: ReportedStep,
  at: Moment,
  installed: Installed,
): OrderReport {
  const report: OrderReport = {
    kind: 'report',
    orderId: order.orderId,
    orderSeq: order.seq,
    relay: relayWord(state, at),
    evidence: evidenceSnapshot(state.evidence, at.steady, { timeQuality: at.quality, software: installed.software }),
    at: at.wall,
    ...step,
  }
  return isProvenReport(report)
    ? { ...report, lastMinute: [...motionSamples(state.evidence.minute, at.steady)] }
    : report
}

export const eventOf = (name: string, at: Moment, data: GatewayEvent['data']): Effect => ({
  effect: 'event',
  record: { kind: 'event', name, at: at.wall, data },
})

/** Pure. The interlock's answer about the open order, now. `since`: ignore toggles of this order's own first write. */
export function verdictNow(state: ImmobilizerState, at: Moment, installed: Installed, own = 0): Verdict {
  const { open, reported, faultUnder, timeFloor } = state.memory
  if (open === undefined) return { verdict: 'refuse', reason: 'expired' }
  return judge({
    action: open.order.action,
    expiry: orderExpiry(open.order, open.received, { ...at, boot: installed.boot, floor: timeFloor }),
    commissioning: installed.sealedAt === undefined && open.test === undefined ? 'open' : 'sealed',
    ...(installed.circuit === undefined ? {} : { circuit: installed.circuit }),
    sources: installed.sources,
    evidence: state.evidence,
    relay: {
      reported,
      fault: faultUnder !== undefined && faultUnder === installed.sealedAt ? 'latched' : 'none',
      toggles: own === 0 ? state.toggles : state.toggles.slice(0, -own),
    },
    policy: installed.policy,
    now: at.steady,
  })
}
