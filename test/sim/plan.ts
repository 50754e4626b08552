import type { HoldReason } from '#contract/order.ts'

/** Places where a crash, a delay or a change of the world hurts most: named in the shells, played by the plan. */
export const POINTS = [
  'after-verify-before-intent',
  'after-intent-before-coil',
  'after-coil-before-read-back',
  'after-read-back-before-report',
  'outbox-after-insert-before-commit',
  'outbox-after-receipt-before-delete',
  'seq-block-reserved-before-use',
  'journal-after-insert-before-commit',
  'journal-after-commit-before-PUBACK',
  'PUBACK-before-receipt',
  'journal-reader-after-write-before-cursor',
  'hold-written-before-order',
  'order-signed-before-publish',
  'report-applied-before-commit',
  'audit-leaf-before-checkpoint',
  'config-applied-before-ack',
  'certificate-renewed-before-swap',
] as const
export type Point = (typeof POINTS)[number]

/** `crash` stops the process at the point; the others change the world around it at that very moment. */
export type PointAction = 'crash' | 'power-cut' | 'stall' | 'start-engine' | 'roll'

export const SENSOR_SHAPES = {
  gnss: ['outage', 'frozen', 'noise', 'spoof', 'speed-zero', 'held', 'late'],
  ignition: ['outage', 'stuck-off', 'stuck-on', 'voltage'],
  motion: ['outage', 'stuck-still', 'stuck-on'],
} as const
export type SensorName = keyof typeof SENSOR_SHAPES
export type SensorShape = (typeof SENSOR_SHAPES)[SensorName][number]

export const RELAY_SHAPES = [
  'timeout',
  'crc',
  'exception',
  'lies',
  'stuck',
  'late-reply',
  'busy-line',
  'brown-out',
] as const
export type RelayShape = (typeof RELAY_SHAPES)[number]

export const ATTACKS = ['replay', 'reorder', 'bit-flip', 'foreign', 'wrong-vehicle', 'expired', 'twice'] as const
export type Attack = (typeof ATTACKS)[number]

type What =
  | { readonly kind: 'trip'; readonly brownOut: boolean; readonly warmUp: number }
  | { readonly kind: 'roll'; readonly accel: number }
  | { readonly kind: 'tow'; readonly speed: number }
  | { readonly kind: 'hold'; readonly slot: number; readonly reason: HoldReason }
  | { readonly kind: 'lift'; readonly slot: number }
  | { readonly kind: 'configure' }
  /** The gateway's certificate has come to the last third of its life. */
  | { readonly kind: 'certificate-ends' }
  | { readonly kind: 'unlock'; readonly wrongTries: number }
  | { readonly kind: 'link-down'; readonly direction: 'up' | 'down' | 'both' }
  | { readonly kind: 'fsync-stall'; readonly disk: 'state' | 'outbox' | 'journal'; readonly stall: number }
  | { readonly kind: 'disk-full' }
  | { readonly kind: 'kill'; readonly cut: 'process' | 'power' }
  | { readonly kind: 'cloud-kill'; readonly lostCommits: number }
  | { readonly kind: 'sql-down' }
  | { readonly kind: 'broker'; readonly shape: 'session-lost' | 'retained-stale' | 'duplicates' }
  | { readonly kind: 'sensor'; readonly sensor: SensorName; readonly shape: SensorShape }
  | { readonly kind: 'clock-jump'; readonly by: number }
  | { readonly kind: 'relay'; readonly shape: RelayShape }
  | { readonly kind: 'attack'; readonly shape: Attack }
  | { readonly kind: 'outbox-restored' }
  | { readonly kind: 'at-point'; readonly point: Point; readonly action: PointAction; readonly wait: number }

/** One thing that happens to one vehicle or, with vehicle −1, to the cloud. Times in ms from the start of the run. */
export type Happening = What & { readonly at: number; readonly lasts: number; readonly vehicle: number }
export type Kind = Happening['kind']

/** A run is a pure function of the seed and this; drawn first, run after, and data, so that it shrinks. */
export type Plan = {
  readonly hours: number
  readonly vehicles: number
  readonly happenings: readonly Happening[]
}

export type Violation = {
  readonly invariant: Invariant
  readonly at: number
  readonly vehicle: number
  readonly what: string
}
export const INVARIANTS = ['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7', 'D1', 'D2'] as const
/** D1: the latest order wins. D2: a backfilled frame never moves last-known or a crossing. */
export type Invariant = (typeof INVARIANTS)[number]

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
/** Before the end of a run every fault ends and every car is parked, so that convergence can be judged. */
export const CALM_BEFORE_END = 20 * MINUTE

/** What is no fault but life: it neither counts as one nor ends with them. */
export const LIFE: ReadonlySet<Kind> = new Set([
  'trip',
  'roll',
  'tow',
  'hold',
  'lift',
  'unlock',
  'configure',
  'certificate-ends',
])
