/** How a gateway stands towards what is wanted of it. */
export type Standing = 'none' | 'pending' | 'waiting' | 'applied' | 'refused' | 'rolled-back' | 'local-override'

type Desired = { readonly version: number; readonly hash: string }
type Reported = {
  readonly outcome: 'waiting' | 'applied' | 'refused' | 'rolled-back' | 'local-override'
  readonly version: number
  readonly hash: string
  readonly appliedHash: string
  readonly overrideHash: string | null
}

/** Pure. Only the gateway's own word says what is in force; a wish nobody has answered is pending. */
export function standingOf(desired: Desired | undefined, reported: Reported | undefined): Standing {
  if (desired === undefined) return reported?.overrideHash != null ? 'local-override' : 'none'
  if (reported?.appliedHash === desired.hash) return 'applied'
  const isAnswered = reported?.hash === desired.hash && reported.outcome !== 'applied'
  if (isAnswered) return reported.outcome === 'local-override' ? 'local-override' : reported.outcome
  return reported?.overrideHash != null ? 'local-override' : 'pending'
}
