/** What an exchange says of one call. */
export type CallEvent = {
  readonly callId: string
  readonly phase: 'ringing' | 'answered' | 'ended' | 'missed' | 'recorded'
  readonly direction: 'in' | 'out'
  /** E.164 of the outside party for a call in; our own number or extension for a call out. */
  readonly caller: string
  readonly callee: string | undefined
  readonly line: string | undefined
  readonly extension: string | undefined
  /** What the exchange itself calls the source; our own list of numbers goes before it. */
  readonly source: string | undefined
  readonly at: number
  readonly answeredAt: number | undefined
  readonly recordUrl: string | undefined
}

export type Call = {
  readonly callId: string
  readonly direction: 'in' | 'out'
  readonly caller: string
  readonly callee: string | undefined
  readonly line: string | undefined
  readonly extension: string | undefined
  readonly source: string | undefined
  readonly startedAt: number
  readonly rangAt: number | undefined
  readonly answeredAt: number | undefined
  readonly endedAt: number | undefined
  /** When it was told that nobody answered. */
  readonly missedAt: number | undefined
  readonly recordUrl: string | undefined
}
export type Happened = 'ringing' | 'answered' | 'ended' | 'missed'

/**
 * Pure. A call after one more event, and what is to be told of it: each thing once, however often and in whatever order the
 * exchange says it. A call that has ended no longer rings; one that was answered is not missed.
 */
export function advance(
  known: Call | undefined,
  event: CallEvent,
): { readonly call: Call; readonly happened: readonly Happened[] } {
  const before: Call = known ?? {
    callId: event.callId,
    direction: event.direction,
    caller: event.caller,
    callee: undefined,
    line: undefined,
    extension: undefined,
    source: undefined,
    startedAt: event.at,
    rangAt: undefined,
    answeredAt: undefined,
    endedAt: undefined,
    missedAt: undefined,
    recordUrl: undefined,
  }
  const answeredAt = before.answeredAt ?? event.answeredAt ?? (event.phase === 'answered' ? event.at : undefined)
  const hasEnded = event.phase === 'ended' || event.phase === 'missed'
  const endedAt = before.endedAt ?? (hasEnded ? event.at : undefined)
  const isMissed = before.direction === 'in' && endedAt !== undefined && answeredAt === undefined
  const rings = event.phase === 'ringing' && before.rangAt === undefined && before.endedAt === undefined
  const call: Call = {
    ...before,
    callee: before.callee ?? event.callee,
    line: before.line ?? event.line,
    extension: event.extension ?? before.extension,
    source: before.source ?? event.source,
    startedAt: Math.min(before.startedAt, event.at),
    rangAt: before.rangAt ?? (event.phase === 'ringing' ? event.at : undefined),
    answeredAt,
    endedAt,
    missedAt: before.missedAt ?? (isMissed ? endedAt : undefined),
    recordUrl: event.recordUrl ?? before.recordUrl,
  }
  const happened: readonly Happened[] = [
    ...(rings ? (['ringing'] as const) : []),
    ...(before.answeredAt === undefined && answeredAt !== undefined ? (['answered'] as const) : []),
    ...(before.endedAt === undefined && endedAt !== undefined ? (['ended'] as const) : []),
    ...(before.missedAt === undefined && call.missedAt !== undefined ? (['missed'] as const) : []),
  ]
  return { call, happened }
}

/** Pure. In a word, as lists show it. */
export function stateOf(
  call: Pick<Call, 'answeredAt' | 'endedAt' | 'direction'>,
): 'ringing' | 'talking' | 'answered' | 'missed' | 'unanswered' {
  if (call.endedAt === undefined) return call.answeredAt === undefined ? 'ringing' : 'talking'
  if (call.answeredAt !== undefined) return 'answered'
  return call.direction === 'in' ? 'missed' : 'unanswered'
}

/** Pure. Milliseconds of talk; undefined while it lasts, or when nobody answered. */
export const talkMs = (call: Pick<Call, 'answeredAt' | 'endedAt'>): number | undefined =>
  call.answeredAt === undefined || call.endedAt === undefined ? undefined : Math.max(0, call.endedAt - call.answeredAt)
