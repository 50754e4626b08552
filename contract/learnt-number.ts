import { type BitCode, CHANCE, type Chances } from './arithmetic-code.ts'
import { MalformedBytes } from './varint.ts'

/**
 * Signed whole numbers of one kind, told by their size against what has been usual: up or down from there rung by rung,
 * then the sign, then the bits behind the topmost. What is learnt lies in a table of chances from `at` on.
 */
export type LearntNumber = {
  readonly at: number
  /** Bits of the amounts so far, in sixteenths; a new one counts a quarter. */
  usual: number
}

/** Rungs told apart on either side; those beyond share the last. */
const RUNGS = 6
const MOST_BITS = 53
const rungs = (chance: number): readonly number[] => Array<number>(RUNGS).fill(chance)
/** Is the size above the usual, further above, further below; is the number negative; its second bit. */
const [ABOVE, BELOW, SIGN, HALF] = [1, 1 + RUNGS, 1 + 2 * RUNGS, 2 + 2 * RUNGS]
export const NUMBER_CHANCES: readonly number[] = [
  0.3 * CHANCE,
  ...rungs(0.28 * CHANCE),
  ...rungs(0.4 * CHANCE),
  CHANCE / 2,
  CHANCE / 2,
]

function bitsIn(amount: number): number {
  let bits = 0
  let rest = amount
  for (; rest >= 2 ** 31; rest = Math.floor(rest / 2)) bits += 1
  return bits + 32 - Math.clz32(rest)
}

function codeSize(code: BitCode, chances: Chances, { at, usual }: LearntNumber, wanted: number): number {
  const from = (usual + 8) >> 4
  const isAbove = code.bit(chances, at, wanted > from ? 1 : 0) === 1
  let size = isAbove ? from + 1 : from
  for (let rung = 0; isAbove ? size <= MOST_BITS : size > 0; rung += 1) {
    const isFurther = isAbove ? wanted > size : wanted < size
    const index = at + (isAbove ? ABOVE : BELOW) + Math.min(rung, RUNGS - 1)
    if (code.bit(chances, index, isFurther ? 1 : 0) === 0) break
    size += isAbove ? 1 : -1
  }
  if (size > MOST_BITS) throw new MalformedBytes('a number exceeds 2^53 - 1')
  return size
}

/** Codes a number up to 2⁵³ − 1 either way, and learns from it. Throws `MalformedBytes` on one beyond. */
export function codeNumber(code: BitCode, chances: Chances, number: LearntNumber, wanted: number): number {
  const size = codeSize(code, chances, number, bitsIn(Math.abs(wanted)))
  number.usual += ((size << 4) - number.usual) >> 2
  if (size === 0) return 0
  const isNegative = code.bit(chances, number.at + SIGN, wanted < 0 ? 1 : 0) === 1
  const top = 2 ** (size - 1)
  const amount = size === 1 ? 1 : top + codeRest(code, chances, number, size - 1, Math.abs(wanted) - top)
  return isNegative ? -amount : amount
}

/** The `bits` bits behind the topmost: the first is learnt, the others are noise. */
function codeRest(code: BitCode, chances: Chances, { at }: LearntNumber, bits: number, wanted: number): number {
  const half = 2 ** (bits - 1)
  const first = code.bit(chances, at + HALF, wanted >= half ? 1 : 0)
  return first * half + (bits === 1 ? 0 : code.plain(wanted - (wanted >= half ? half : 0), bits - 1))
}
