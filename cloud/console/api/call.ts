import type { InstantText } from './vehicle.ts'

export type Call = {
  readonly id: string
  readonly direction: 'in' | 'out'
  readonly phone: string | null
  readonly line: string | null
  readonly extension: string | null
  readonly source: string | null
  readonly state: 'ringing' | 'talking' | 'answered' | 'missed' | 'unanswered'
  readonly startedAt: InstantText
  readonly talkMs: number | null
  /** kept: ours to play; linked: the exchange keeps it; wanted: being fetched; failed: not to be had. */
  readonly recording: 'none' | 'linked' | 'wanted' | 'kept' | 'failed'
  readonly cards: readonly string[]
}
