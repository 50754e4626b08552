import { MalformedBytes } from './varint.ts'

/**
 * Binary arithmetic code with chances that learn: a bit costs as much as it surprises. One model of the data serves both
 * ways: a writer is told each bit and gives it back, a reader ignores what it is told and gives the bit that was written.
 * Whole numbers below 2³¹ throughout, so that every machine comes to the same bytes.
 */
export type BitCode = {
  /** One bit whose chance is learnt at `index`. */
  bit(chances: Chances, index: number, bit: number): number
  /** The low `count` bits of a number, up to 53, each as likely 0 as 1. */
  plain(value: number, count: number): number
}

/** What is known of a set of bits: how likely each is a 1, in 1/32768, and how often it has been seen. */
export type Chances = { readonly one: Uint16Array; readonly seen: Uint8Array }

const CHANCE_BITS = 15
export const CHANCE = 1 << CHANCE_BITS
/** No bit is ever more certain than this: a surprise costs 9 bits at most. */
const LEAST = CHANCE / 512
/** What was told beforehand counts as three looks; a look counts a fifth then, ever less, a thirty-second at last. */
const TOLD = 3
const MOST_SEEN = 30
const WEIGHT = Array.from({ length: MOST_SEEN + 1 }, (_, seen) => Math.floor(CHANCE / (seen + 2)))

/** Chances that begin as `told`, in 1/32768. */
export const chancesOf = (told: Uint16Array): Chances => ({
  one: told.slice(),
  seen: new Uint8Array(told.length).fill(TOLD),
})

function learn({ one, seen }: Chances, index: number, bit: number): void {
  const before = one[index] ?? 0
  const times = seen[index] ?? 0
  const next = before + ((((bit << CHANCE_BITS) - before) * (WEIGHT[times] ?? 0)) >> CHANCE_BITS)
  one[index] = Math.min(CHANCE - LEAST, Math.max(LEAST, next))
  if (times < MOST_SEEN) seen[index] = times + 1
}

/** The span that is left is `low` to `high`, both included: 24 bits, of which the topmost eight go out once both agree. */
const ALL = 0xff_ffff
const TOP_BITS = 16
const REST = 0xffff
const AHEAD = 3

/** The last number of the span that belongs to a 1; always below `high`. */
const lastOfOnes = (low: number, high: number, chance: number): number => {
  const span = high - low
  return low + (span >>> CHANCE_BITS) * chance + (((span & (CHANCE - 1)) * chance) >>> CHANCE_BITS)
}

/** Plain bits go so many at once, and one by one where the span has become too narrow for that. */
const AT_ONCE = 8
const NARROW = 1 << 14
const bitsAtOnce = (span: number, left: number): number => (span < NARROW ? 1 : Math.min(left, AT_ONCE))

export type BitWriter = BitCode & { finish(): Uint8Array }

export function createBitWriter(capacity = 1024): BitWriter {
  let buffer = new Uint8Array(capacity)
  let length = 0
  let low = 0
  let high = ALL
  const put = (byte: number): void => {
    if (length === buffer.length) {
      const grown = new Uint8Array(buffer.length * 2)
      grown.set(buffer)
      buffer = grown
    }
    buffer[length++] = byte
  }
  const narrow = (from: number, to: number): void => {
    low = from
    high = to
    while (low >>> TOP_BITS === high >>> TOP_BITS) {
      put(high >>> TOP_BITS)
      low = (low & REST) << 8
      high = ((high & REST) << 8) | 255
    }
  }
  return {
    bit: (chances, index, bit) => {
      const middle = lastOfOnes(low, high, chances.one[index] ?? 0)
      if (bit === 1) narrow(low, middle)
      else narrow(middle + 1, high)
      learn(chances, index, bit)
      return bit
    },
    plain: (value, count) => {
      for (let left = count; left > 0; ) {
        const bits = bitsAtOnce(high - low, left)
        left -= bits
        const part = (high - low + 1) >>> bits
        const from = low + part * (Math.floor(value / 2 ** left) % (1 << bits))
        narrow(from, from + part - 1)
      }
      return value
    },
    finish: () => {
      for (const byte of lastBytes(low, high)) put(byte)
      return buffer.slice(0, length)
    },
  }
}

/** The fewest bytes that, followed by zeros, lie in the span that is left. */
function lastBytes(low: number, high: number): readonly number[] {
  if (low === 0) return []
  for (const bits of [16, 8]) {
    const value = ((low + (1 << bits) - 1) >>> bits) << bits
    if (value <= high) return [16, 8].filter((at) => at >= bits).map((at) => (value >>> at) & 255)
  }
  return [low >>> 16, (low >>> 8) & 255, low & 255]
}

export type BitReader = BitCode & {
  /** Throws `MalformedBytes` unless the bytes are exactly those that a writer would have made of these bits. */
  finish(): void
}

export function createBitReader(buffer: Uint8Array): BitReader {
  let offset = 0
  let low = 0
  let high = ALL
  let told = 0
  // Behind the end are zeros; who needs more of them than the span holds has lost its way.
  const take = (): number => {
    if (offset >= buffer.length + AHEAD) throw new MalformedBytes('the batch ends early')
    return buffer[offset++] ?? 0
  }
  for (let index = 0; index < AHEAD; index += 1) told = (told << 8) | take()
  const narrow = (from: number, to: number): void => {
    low = from
    high = to
    while (low >>> TOP_BITS === high >>> TOP_BITS) {
      low = (low & REST) << 8
      high = ((high & REST) << 8) | 255
      told = ((told & REST) << 8) | take()
    }
  }
  return {
    bit: (chances, index) => {
      const middle = lastOfOnes(low, high, chances.one[index] ?? 0)
      const bit = told <= middle ? 1 : 0
      if (bit === 1) narrow(low, middle)
      else narrow(middle + 1, high)
      learn(chances, index, bit)
      return bit
    },
    plain: (_value, count) => {
      let value = 0
      for (let left = count; left > 0; ) {
        const bits = bitsAtOnce(high - low, left)
        left -= bits
        const part = (high - low + 1) >>> bits
        const told8 = Math.floor((told - low) / part)
        // The span's remainder belongs to nobody: no writer leaves a number there.
        if (told8 >= 1 << bits) throw new MalformedBytes('a number that nobody wrote')
        value = value * (1 << bits) + told8
        narrow(low + part * told8, low + part * (told8 + 1) - 1)
      }
      return value
    },
    finish: () => {
      const last = lastBytes(low, high)
      const end = offset - AHEAD + last.length
      if (buffer.length < end) throw new MalformedBytes('the batch ends early')
      if (buffer.length > end) throw new MalformedBytes('bytes follow the last record')
      if (last.some((byte, index) => buffer[end - last.length + index] !== byte))
        throw new MalformedBytes('the batch does not end as it was made')
    },
  }
}
