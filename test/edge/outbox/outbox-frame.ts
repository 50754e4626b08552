import type { Frame } from '#contract/frame.ts'
import { epochMs } from '#contract/instant.ts'

/** One a second, with the engine running. */
export const frame = (index: number, more: Partial<Frame> = {}): Frame => ({
  kind: 'frame',
  readAt: epochMs(1_795_000_000_000 + index * 1000),
  timeQuality: 'gnss',
  fix: '3d',
  gnssTrust: 'ok',
  relay: 'closed',
  ignition: true,
  ...more,
})
