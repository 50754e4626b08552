import type { ImmobilizerState } from '../api/vehicle.ts'

export type Tone = 'good' | 'wait' | 'stop' | 'unknown'
/** The outline a state is drawn with, on the map and in every list: shape says it before colour does. */
export type Shape = 'round' | 'diamond' | 'square' | 'ring'

export const TONE: Readonly<Record<ImmobilizerState, Tone>> = {
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
