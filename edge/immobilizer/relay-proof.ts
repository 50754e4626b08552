import { millis } from '#contract/instant.ts'
import type { ImmobilizerState, Installed, Moment, Work } from './immobilizer-state.ts'
import {
  also,
  andThen,
  eventOf,
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
import type { RelayDrive } from './relay-output.ts'

/** Read-backs of one write, and the pause between them: three within half a second. */
const READS = 3
const READ_PAUSE_MS = 150
/** Writes of one block: the first, and at most one more with a verdict of its own. */
const BLOCK_WRITES = 2
const RELEASE_PAUSE_MS = 1000
const RELEASE_ALARM_AFTER = 3
const SENSE_MS = 2000
const WATCH_MS = 3000
const TOGGLES_KEPT = 3600

type Next = (state: ImmobilizerState, at: Moment, installed: Installed) => Stepped

/** Pure. The write was acknowledged, or not: either way only a read-back tells. */
export function afterWrite(
  state: ImmobilizerState,
  answer: 'written' | 'unwritten' | 'withheld',
  at: Moment,
  installed: Installed,
  waitAgain: Next,
): Stepped {
  const { work } = state
  if (work.work !== 'writing') return stay(state)
  // Nothing was written: the first attempt goes back to waiting, the second proves itself a failure. Freeing never waits:
  // it is read back like any write, and repeated.
  if (answer === 'withheld' && work.target === 'blocked')
    return work.writes === 1 ? waitAgain(state, at, installed) : gaveUp(state, 'unknown', at, installed)
  const watch = state.watch === undefined ? {} : { watch: { ...state.watch, until: millis(at.steady + WATCH_MS) } }
  const written: ImmobilizerState = {
    ...state,
    ...watch,
    settledAt: at.steady,
    toggles: [...state.toggles, at.steady].slice(-TOGGLES_KEPT),
    work: { work: 'reading', target: work.target, writes: work.writes, reads: 1 },
  }
  const asked = read(written)
  return work.writes === 1 ? also(asked, ...reports(written, { state: 'executing' }, at, installed)) : asked
}

const reports = (state: ImmobilizerState, step: ReportedStep, at: Moment, installed: Installed) => {
  const { open } = state.memory
  return open === undefined
    ? []
    : [{ effect: 'report', report: reportOf(state, open.order, step, at, installed) } as const]
}

/** Pure. The relay's own word after a write. */
export function afterDrive(
  state: ImmobilizerState,
  word: RelayDrive | 'unknown',
  at: Moment,
  installed: Installed,
): Stepped {
  const { work } = state
  if (work.work !== 'reading') return stay(state)
  if (word === work.target) {
    const { sense } = installed.sources
    if (sense === undefined || work.target === 'free') return proved(state, work.target, at, installed)
    const until = millis(at.steady + SENSE_MS)
    const sensing: Work = { work: 'sensing', writes: work.writes, since: at.steady, until }
    return sensed({ ...state, work: sensing }, at, installed)
  }
  if (work.reads < READS) {
    const until = millis(at.steady + READ_PAUSE_MS)
    return stay({ ...state, work: { ...work, work: 'pausing', before: 'read', until } })
  }
  return disproved(state, word, work.target, work.writes, at, installed)
}

/** Pure. Where a sense contact is wired, a block is proved only when it agrees, by a reading from after the write. */
export function sensed(state: ImmobilizerState, at: Moment, installed: Installed): Stepped {
  const { work, evidence } = state
  if (work.work !== 'sensing') return stay(state)
  if (evidence.sense?.word === 'blocked' && evidence.sense.at >= work.since)
    return proved(state, 'blocked', at, installed)
  if (at.steady < work.until) return stay(state)
  return disproved(state, evidence.sense?.word ?? 'unknown', 'blocked', work.writes, at, installed)
}

/** Pure. A pause is over. */
export function afterTick(state: ImmobilizerState, at: Moment, installed: Installed): Stepped {
  const { work } = state
  if (work.work === 'sensing') return sensed(state, at, installed)
  if (work.work !== 'pausing' || at.steady < work.until) return stay(state)
  if (work.before === 'write') return write(state, work.target, work.writes + 1, at)
  const { target, writes, reads } = work
  return read({ ...state, work: { work: 'reading', target, writes, reads: reads + 1 } })
}

/** Read back: stored with its report first, so that the word survives a power cut, then said. */
function proved(state: ImmobilizerState, target: RelayDrive, at: Moment, installed: Installed): Stepped {
  const { open } = state.memory
  const { release: _over, ...rest } = state
  const done = { ...rest, work: { work: 'none' } as const, settledAt: at.steady, contradicted: 0 }
  const kept = remember(done, { reported: target }, ['open'])
  if (open === undefined) return save(kept)
  const last = reportOf(state, open.order, { state: 'verified' }, at, installed)
  return also(save(owing(kept, last)), { effect: 'report', report: last })
}

function disproved(
  state: ImmobilizerState,
  word: RelayDrive | 'unknown',
  target: RelayDrive,
  writes: number,
  at: Moment,
  installed: Installed,
): Stepped {
  if (target === 'free') return repeatRelease(state, writes, at)
  const again = writes < BLOCK_WRITES && verdictNow(state, at, installed, writes).verdict === 'proceed'
  return again ? write(state, 'blocked', writes + 1, at) : gaveUp(state, word, at, installed)
}

/** Freeing is repeated without limit; after three failures someone should know. */
function repeatRelease(state: ImmobilizerState, writes: number, at: Moment): Stepped {
  const until = millis(at.steady + RELEASE_PAUSE_MS)
  const pausing = stay({
    ...state,
    work: { work: 'pausing', before: 'write', target: 'free', writes, reads: 0, until },
  })
  return writes === RELEASE_ALARM_AFTER ? also(pausing, eventOf('unblock-failing', at, { writes })) : pausing
}

/** The block did not come about: what the relay may have done unseen is undone by freeing it. */
function gaveUp(state: ImmobilizerState, word: RelayDrive | 'unknown', at: Moment, installed: Installed): Stepped {
  const { open } = state.memory
  if (open === undefined) return stay({ ...state, work: { work: 'none' } })
  const reason = word === 'unknown' ? 'relay-silent' : 'relay-fault'
  const last = reportOf(state, open.order, { state: 'failed', reason }, at, installed)
  const latch = reason === 'relay-fault' && installed.sealedAt !== undefined ? { faultUnder: installed.sealedAt } : {}
  const { watch: _over, ...rest } = state
  const failed = owing(remember({ ...rest, release: 'drift' }, { reported: 'free', ...latch }, ['open']), last)
  return also(
    andThen(also(save(failed), { effect: 'report', report: last }), (free) => write(free, 'free', 1, at)),
    eventOf(reason, at, { orderId: open.order.orderId, read: word }),
  )
}
