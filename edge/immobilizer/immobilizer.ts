import { type EpochMs, type Millis, millis } from '#contract/instant.ts'
import type { BlockOrder, Order, OrderReport } from '#contract/order.ts'
import { acceptOrder } from '../orders/order-acceptance.ts'
import {
  type ImmobilizerState,
  type Installed,
  KNOWN_ORDERS,
  type Moment,
  type OpenOrder,
  type ReleaseCause,
} from './immobilizer-state.ts'
import {
  also,
  andThen,
  eventOf,
  type ImmobilizerEvent,
  owing,
  type ReportedStep,
  read,
  remember,
  reportOf,
  type Stepped,
  save,
  stay,
  verdictNow,
  write,
} from './immobilizer-step.ts'
import { afterDrive, afterTick, afterWrite, sensed } from './relay-proof.ts'

/**
 * Pure. The immobilizer: what happened → what is remembered and what is to be done. Order of a block: stored → judged →
 * intent stored → judged again → written (the service judges once more as the port frees) → read back → stored →
 * reported. Order of an unblock: written at once, and again until read back. Source: edge notes §6, §7.
 */
export function stepImmobilizer(
  state: ImmobilizerState,
  event: ImmobilizerEvent,
  at: Moment,
  installed: Installed,
): Stepped {
  switch (event.event) {
    case 'started':
      return started(state)
    case 'order':
      return received(state, event.order, at, installed)
    case 'readings':
      return witnessed({ ...state, evidence: event.evidence }, at, installed)
    case 'saved':
    case 'unsaved':
      return event.ticket === state.ticket ? stored(state, event.event, at, installed) : stay(state)
    case 'told':
      return told(state, event.report)
    case 'written':
    case 'unwritten':
    case 'withheld':
      return event.ticket === state.ticket ? afterWrite(state, event.event, at, installed, waitAgain) : stay(state)
    case 'drive':
      return event.ticket === state.ticket ? answered(state, event.word, at, installed) : stay(state)
    case 'tick':
      return ticked(state, at, installed)
    case 'local-release':
      return localRelease(state, event.cause ?? 'unlock-code', at, installed)
    case 'relay-test':
      return tested(state, event.order, at, installed)
    default:
      event satisfies { readonly event: 'relay-stuck' }
      return latched(state, installed)
  }
}

/** Boot: the relay is read before anything is decided, and reports that may have been lost are said again. */
const started = (state: ImmobilizerState): Stepped =>
  also(
    read({ ...state, work: { work: 'booting' } }),
    ...(state.memory.due ?? []).map((report) => ({ effect: 'report', report }) as const),
  )

/** Only what the outbox has on its disk is no longer due; with other work under way the next save forgets it. */
function told(state: ImmobilizerState, report: OrderReport): Stepped {
  const { due, open } = state.memory
  const left = due?.filter((one) => one.orderId !== report.orderId || one.state !== report.state) ?? []
  if (due === undefined || left.length === due.length) return stay(state)
  const next = left.length === 0 ? remember(state, {}, ['due']) : remember(state, { due: left })
  return open === undefined && state.work.work === 'none' ? save(next) : stay(next)
}

function received(state: ImmobilizerState, order: Order, at: Moment, installed: Installed): Stepped {
  const { acceptance } = acceptOrder(order, installed, state.memory, (id) => state.memory.knownOrders.includes(id))
  switch (acceptance) {
    case 'repeated':
      return stay(state)
    case 'foreign':
      return also(stay(state), eventOf('order-rejected', at, { reason: 'foreign', seq: order.seq }))
    case 'superseded':
      return also(stay(state), report(state, order, { state: 'superseded' }, at, installed))
    case 'wrong-vehicle':
      return ended(
        known(state, order),
        reportOf(state, order, { state: 'refused', reason: 'wrong-vehicle' }, at, installed),
      )
    default:
      acceptance satisfies 'new'
      return andThen(superseded(state, at, installed), (free) => accepted(free, order, at, installed))
  }
}

/** An order's last word: kept with its end, so that a power cut can lose neither, and said. */
const ended = (state: ImmobilizerState, last: OrderReport): Stepped =>
  also(save(owing(state, last)), { effect: 'report', report: last })

const report = (state: ImmobilizerState, order: Order, step: ReportedStep, at: Moment, installed: Installed) =>
  ({ effect: 'report', report: reportOf(state, order, step, at, installed) }) as const

const known = (state: ImmobilizerState, order: Order): ImmobilizerState =>
  remember(state, {
    highestSeq: order.seq,
    timeFloor: Math.max(state.memory.timeFloor, order.iat) as EpochMs,
    knownOrders: [...state.memory.knownOrders, order.orderId].slice(-KNOWN_ORDERS),
  })

/** The one open order ends where a newer one begins. */
function superseded(state: ImmobilizerState, at: Moment, installed: Installed): Stepped {
  const { open } = state.memory
  const { release: _over, ...rest } = remember(state, {}, ['open'])
  const free = { ...rest, work: { work: 'none' } } as const
  if (open === undefined) return stay(free)
  const last = reportOf(state, open.order, { state: 'superseded' }, at, installed)
  // Whoever supersedes it saves: then both are on disk together.
  return also(stay(owing(free, last)), { effect: 'report', report: last })
}

function accepted(state: ImmobilizerState, order: Order, at: Moment, installed: Installed): Stepped {
  const received = { steadyAt: at.steady, boot: installed.boot }
  const opened = remember(known(state, order), { open: { order, received, phase: 'waiting' } })
  const stored = save({ ...opened, work: { work: 'accepting' } })
  if (order.action === 'block') return stored
  // Freeing waits for nobody, not even for the disk: the write goes out beside the save, and the save's answer is moot.
  return also(
    andThen(stored, (free) => write(free, 'free', 1, at)),
    report(state, order, { state: 'received' }, at, installed),
  )
}

function stored(state: ImmobilizerState, answer: 'saved' | 'unsaved', at: Moment, installed: Installed): Stepped {
  const { open } = state.memory
  const { work } = state.work
  if (open === undefined || (work !== 'accepting' && work !== 'storing')) return stay(state)
  // What cannot be remembered cannot be done at most once.
  if (answer === 'unsaved')
    return closed(state, open, { state: 'refused', reason: 'journal-unwritable' }, at, installed)
  if (work === 'accepting')
    return andThen(
      also(
        stay({ ...state, work: { work: 'waiting' } }),
        report(state, open.order, { state: 'received' }, at, installed),
      ),
      (waiting) => considered(waiting, at, installed),
    )
  // Judged again after the disk: while it was syncing the car may have moved.
  return verdictNow(state, at, installed).verdict === 'proceed'
    ? write(state, 'blocked', 1, at)
    : waitAgain(state, at, installed)
}

/** The intent is taken back, on disk too, before anything else is considered. */
function waitAgain(state: ImmobilizerState, at: Moment, installed: Installed): Stepped {
  const { open } = state.memory
  if (open === undefined) return stay({ ...state, work: { work: 'none' } })
  const waiting = remember(state, { open: { ...open, phase: 'waiting' } })
  return andThen(save({ ...waiting, work: { work: 'waiting' } }), (saved) => considered(saved, at, installed, 'later'))
}

const REPEAT_WAIT_MS = 5000

/** Asks the interlock about the waiting order; a new reason is told at once, a flapping one not more than every 5 s. */
function considered(
  state: ImmobilizerState,
  at: Moment,
  installed: Installed,
  intent: 'now' | 'later' = 'now',
): Stepped {
  const { open } = state.memory
  if (open === undefined || state.work.work !== 'waiting') return stay(state)
  const verdict = verdictNow(state, at, installed)
  switch (verdict.verdict) {
    case 'proceed':
      return intent === 'now'
        ? save({ ...remember(state, { open: { ...open, phase: 'intent' } }), work: { work: 'storing' } })
        : stay(state)
    case 'refuse':
      return verdict.reason === 'expired'
        ? closed(state, open, { state: 'expired' }, at, installed)
        : closed(state, open, { state: 'refused', reason: verdict.reason }, at, installed)
    default: {
      verdict satisfies { readonly verdict: 'wait' }
      const { told } = state.work
      if (told !== undefined && (told.reason === verdict.reason || at.steady - told.at < REPEAT_WAIT_MS))
        return stay(state)
      const waiting = { work: 'waiting', told: { reason: verdict.reason, at: at.steady } } as const
      return also(
        stay({ ...state, work: waiting }),
        report(state, open.order, { state: 'waiting', reason: verdict.reason }, at, installed),
      )
    }
  }
}

/** An order's end that moved nothing. */
function closed(
  state: ImmobilizerState,
  { order }: OpenOrder,
  end: ReportedStep,
  at: Moment,
  installed: Installed,
): Stepped {
  const last = reportOf(state, order, end, at, installed)
  return ended(remember({ ...state, work: { work: 'none' } }, {}, ['open']), last)
}

/** Looks at new readings: first whether a fresh block must be undone, then drift, then the waiting order. */
function witnessed(state: ImmobilizerState, at: Moment, installed: Installed): Stepped {
  if (setsOff(state, at, installed)) return release(state, 'moving', at, installed)
  return andThen(sensed(state, at, installed), (proved) =>
    andThen(drifted(proved, at, installed), (settled) => considered(settled, at, installed)),
  )
}

/** Edge notes §7.4: speed within 3 s of the write, or a running circuit's ignition rising, undoes the block at once. */
function setsOff(state: ImmobilizerState, at: Moment, installed: Installed): boolean {
  const { watch, evidence } = state
  if (watch === undefined || at.steady > watch.until) return false
  const fix = evidence.fix?.newest
  const fast = fix !== undefined && fix.at >= watch.since && fix.speedKmh > installed.policy.safeKmh
  const running = installed.circuit !== 'starter' && evidence.ignition?.on === true
  return fast || running
}

/** Frees the relay without an order; an open block ends here, since its one execution has been undone. */
function release(state: ImmobilizerState, cause: ReleaseCause, at: Moment, installed: Installed): Stepped {
  const { open } = state.memory
  const { watch: _over, ...rest } = state
  const ended =
    open === undefined ? stay(rest) : closed(rest, open, { state: 'failed', reason: 'interrupted' }, at, installed)
  return also(
    andThen(ended, (free) =>
      write({ ...remember(free, { reported: 'free' }), release: cause, contradicted: 0 }, 'free', 1, at),
    ),
    eventOf('block-released', at, { cause }),
  )
}

/** A person at the car outranks every order: an open block is superseded, and the relay is freed until it reads free. */
function localRelease(
  state: ImmobilizerState,
  cause: 'unlock-code' | 'relay-test',
  at: Moment,
  installed: Installed,
): Stepped {
  return andThen(superseded(state, at, installed), (free) =>
    andThen(save(remember(free, { reported: 'free' })), (saved) =>
      also(write({ ...saved, release: cause }, 'free', 1, at), eventOf('block-released', at, { cause })),
    ),
  )
}

/** Every condition of the interlock holds for it but the seal. An order of the cloud ends it, as it would any other. */
function tested(state: ImmobilizerState, order: BlockOrder, at: Moment, installed: Installed): Stepped {
  if (state.memory.open !== undefined || state.work.work !== 'none' || installed.circuit === undefined)
    return stay(state)
  const received = { steadyAt: at.steady, boot: installed.boot }
  const opened = remember(state, { open: { order, received, phase: 'waiting', test: 'relay' } })
  return save({ ...opened, work: { work: 'accepting' } })
}

/** Only while nothing is under way: a save takes the ticket of whatever waits for an answer. */
function latched(state: ImmobilizerState, installed: Installed): Stepped {
  const { work } = state.work
  if (installed.sealedAt === undefined || (work !== 'none' && work !== 'waiting')) return stay(state)
  return save(remember(state, { faultUnder: installed.sealedAt }))
}

/** Two readings in a row that contradict the last report: it is said, and a relay found blocked unasked is freed. */
function drifted(state: ImmobilizerState, at: Moment, installed: Installed): Stepped {
  const { work } = state.work
  const drive = state.evidence.drive
  if ((work !== 'none' && work !== 'waiting') || drive === undefined || drive.at <= state.settledAt) return stay(state)
  const seen = { ...state, settledAt: drive.at }
  if (drive.word === state.memory.reported) return stay({ ...seen, contradicted: 0 })
  if (state.contradicted === 0) return stay({ ...seen, contradicted: 1 })
  const told = eventOf('drift', at, { reported: state.memory.reported, read: drive.word })
  if (drive.word === 'blocked' && work === 'none')
    return andThen({ state: seen, effects: [told] }, (free) => release(free, 'drift', at, installed))
  // Never re-asserted by itself: a block wants a verdict, and a verdict wants an order.
  return also(save(remember({ ...seen, contradicted: 0 }, { reported: drive.word })), told)
}

function answered(
  state: ImmobilizerState,
  word: 'free' | 'blocked' | 'unknown',
  at: Moment,
  installed: Installed,
): Stepped {
  const seen =
    word === 'unknown' ? state : { ...state, evidence: { ...state.evidence, drive: { word, at: at.steady } } }
  return seen.work.work === 'booting' ? booted(seen, word, at, installed) : afterDrive(seen, word, at, installed)
}

/** Edge notes §7.6: a block cut short is never repeated, an unblock always is; nothing is re-asserted. */
function booted(
  state: ImmobilizerState,
  word: 'free' | 'blocked' | 'unknown',
  at: Moment,
  installed: Installed,
): Stepped {
  const { open, reported } = state.memory
  const first =
    word === 'unknown' ? also(stay(state), eventOf('relay-unknown', at, { reported })) : stay(adopt(state, word))
  if (open === undefined) return settle(first, word, at, installed)
  if (open.order.action === 'unblock') return andThen(first, (free) => write(free, 'free', 1, at))
  if (open.phase === 'waiting')
    return andThen(first, (waiting) => considered({ ...waiting, work: { work: 'waiting' } }, at, installed))
  const failed = andThen(first, (cut) => closed(cut, open, { state: 'failed', reason: 'interrupted' }, at, installed))
  return settle(failed, word, at, installed)
}

/** A first start has nothing to compare with: a free relay is simply free. */
const adopt = (state: ImmobilizerState, word: 'free' | 'blocked'): ImmobilizerState =>
  state.memory.reported === 'unknown' && word === 'free' ? remember(state, { reported: 'free' }) : state

function settle(first: Stepped, word: 'free' | 'blocked' | 'unknown', at: Moment, installed: Installed): Stepped {
  const idle = { ...first, state: { ...first.state, work: { work: 'none' } as const, settledAt: at.steady } }
  const { reported } = idle.state.memory
  if (word === 'unknown' || word === reported) return idle
  const told = eventOf('drift', at, { reported, read: word })
  if (word === 'blocked') return andThen(also(idle, told), (free) => release(free, 'drift', at, installed))
  return also(
    andThen(idle, (free) => save(remember(free, { reported: word }))),
    told,
  )
}

function ticked(state: ImmobilizerState, at: Moment, installed: Installed): Stepped {
  return andThen(afterTick(state, at, installed), (next) => considered(next, at, installed))
}

const LIFE_CHECK_MS = 1000

/** Pure. When the state wants a tick though nothing happens: a pause over, an order's life ended. */
export const wakeAt = (state: ImmobilizerState, now: Millis): Millis | undefined => {
  const { work } = state
  if (work.work === 'pausing' || work.work === 'sensing') return work.until
  return work.work === 'waiting' ? millis(now + LIFE_CHECK_MS) : undefined
}
