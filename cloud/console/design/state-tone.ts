import type { ImmobilizerState } from '../api/vehicle.ts'

export type Tone = 'good' | 'wait' | 'stop' | 'unknown'
/** The outline a state is drawn with, on the map and in every list: shape says it before colour does. */
export type Shape = 'round' | 'diamond' | 'square' | 'ring'

const TONE: Readonly<Record<ImmobilizerState, Tone>> = {
  permitted: 'good',
  blockWaiting: 'wait',
  blocked: 'stop',
  unblockWaiting: 'wait',
  unknown: 'unknown',
}

export const SHAPE: Readonly<Record<ImmobilizerState, Shape>> = {
  permitted: 'round',
  blockWaiting: 'diamond',
  blocked: 'square',
  unblockWaiting: 'diamond',
  unknown: 'ring',
}

/** Pure. The tone of a state; an old word keeps its shape but has no colour, since nobody knows whether it still holds. */
export const toneOf = (state: ImmobilizerState, freshness: 'fresh' | 'stale'): Tone =>
  freshness === 'stale' ? 'unknown' : TONE[state]
