import type { GatewayEvent } from '#contract/event.ts'
import type { Frame } from '#contract/frame.ts'
import type { EpochMs } from '#contract/instant.ts'

/** Pure. What is worth an event of its own between two frames: an ignition edge, and a receiver that became doubtful. */
export function noticesBetween(before: Frame | undefined, after: Frame, at: EpochMs): readonly GatewayEvent[] {
  const event = (name: string): GatewayEvent => ({ kind: 'event', name, at, data: {} })
  const notices: GatewayEvent[] = []
  if (before?.ignition !== undefined && after.ignition !== undefined && after.ignition !== before.ignition)
    notices.push(event(after.ignition ? 'ignition-on' : 'ignition-off'))
  if (after.gnssTrust !== (before?.gnssTrust ?? 'ok')) notices.push(event(TRUST_NOTICE[after.gnssTrust]))
  return notices
}

const TRUST_NOTICE = { ok: 'gnss-trusted', suspect: 'gnss-spoof', jammed: 'gnss-jam' } as const
