import type { GatewayEvent } from '#contract/event.ts'
import type { Frame } from '#contract/frame.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { Suspicion } from '../position/gnss-trust.ts'

/**
 * Pure. What is worth an event of its own between two frames: an ignition edge, and a receiver that became doubtful,
 * with the reasons and how far off it was shown.
 */
export function noticesBetween(
  before: Frame | undefined,
  after: Frame,
  at: EpochMs,
  suspicion: Suspicion | undefined,
): readonly GatewayEvent[] {
  const event = (name: string, data: GatewayEvent['data'] = {}): GatewayEvent => ({ kind: 'event', name, at, data })
  const notices: GatewayEvent[] = []
  if (before?.ignition !== undefined && after.ignition !== undefined && after.ignition !== before.ignition)
    notices.push(event(after.ignition ? 'ignition-on' : 'ignition-off'))
  if (after.gnssTrust !== (before?.gnssTrust ?? 'ok'))
    notices.push(event(TRUST_NOTICE[after.gnssTrust], after.gnssTrust === 'ok' ? {} : dataOf(suspicion)))
  return notices
}

const TRUST_NOTICE = { ok: 'gnss-trusted', suspect: 'gnss-spoof', jammed: 'gnss-jam' } as const

/** Without a suspicion of our own the readings themselves were doubted: a time or a value that contradicts. */
const dataOf = (suspicion: Suspicion | undefined): GatewayEvent['data'] =>
  suspicion === undefined ? { reasons: ['conflict'] } : { ...suspicion, reasons: [...suspicion.reasons] }
