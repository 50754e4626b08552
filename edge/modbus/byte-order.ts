import type { FixedByteOrder } from '#contract/profile.ts'
import { decodeWords } from './register-value.ts'

/** One float of a fix whose byte order is to be found out, with the range that makes it plausible. */
export type OrderSample = {
  readonly words: readonly number[]
  readonly range: readonly [number, number]
  /** A latitude or longitude: two fixes must lie within reach of each other. */
  readonly isPlace: boolean
}

/** What is known of a device's float order. `streak` counts consecutive fixes that left the same single candidate. */
export type OrderProbe =
  | { readonly state: 'locked'; readonly order: FixedByteOrder }
  | {
      readonly state: 'probing'
      readonly candidate?: FixedByteOrder
      readonly streak: number
      readonly last?: { readonly degrees: readonly number[]; readonly steadyAt: number }
    }

export const FIXES_TO_LOCK = 20
const MAX_STEP_MPS = 100
const METRES_PER_DEGREE = 111_320
const ORDERS: readonly FixedByteOrder[] = ['ABCD', 'DCBA', 'BADC', 'CDAB']

const decodeAll = (samples: readonly OrderSample[], order: FixedByteOrder): readonly number[] =>
  samples.map(({ words }) => {
    const value = decodeWords(words, 'float32', order)
    return typeof value === 'number' ? value : Number.NaN
  })

/** Pure. The orders in which every float is plausible: in range, no denormal crumb, not all zero. */
export function survivors(samples: readonly OrderSample[]): readonly FixedByteOrder[] {
  return ORDERS.filter((order) => {
    const values = decodeAll(samples, order)
    const arePlausible = values.every((value, index) => {
      const range = samples[index]?.range ?? [0, 0]
      const isCrumb = value !== 0 && Math.abs(value) < 1e-6
      return !Number.isNaN(value) && value >= range[0] && value <= range[1] && !isCrumb
    })
    return arePlausible && values.some((value) => value !== 0)
  })
}

/**
 * Pure. Looks at one new fix (latitude and longitude in any order). A lock, once there, is never changed here: a
 * device whose order changes is seen as out of range and paired again by a person.
 */
export function probeOrder(probe: OrderProbe, samples: readonly OrderSample[], steadyAt: number): OrderProbe {
  if (probe.state === 'locked') return probe
  const [order, ...others] = survivors(samples)
  // No fix at all (zeros) says nothing about the order: it neither helps nor hurts the streak.
  if (order === undefined) return probe
  if (others.length > 0) return { state: 'probing', streak: 0 }
  const degrees = decodeAll(
    samples.filter(({ isPlace }) => isPlace),
    order,
  )
  const continues = probe.candidate === order && isReachable(probe.last, degrees, steadyAt)
  const streak = continues ? probe.streak + 1 : 1
  if (streak >= FIXES_TO_LOCK) return { state: 'locked', order }
  return { state: 'probing', candidate: order, streak, last: { degrees, steadyAt } }
}

function isReachable(
  last: { readonly degrees: readonly number[]; readonly steadyAt: number } | undefined,
  degrees: readonly number[],
  steadyAt: number,
): boolean {
  if (last === undefined) return false
  const metres = Math.hypot(...degrees.map((value, index) => (value - (last.degrees[index] ?? 0)) * METRES_PER_DEGREE))
  return metres <= (MAX_STEP_MPS * Math.max(steadyAt - last.steadyAt, 1)) / 1000
}
