/** Text and numbers as bytes, one after another; grows as it is written. */
export type LineWriter = {
  /** ASCII only. */
  text(ascii: string): void
  /** As JavaScript writes it, which is also what InfluxDB reads. */
  number(value: number): void
  /** What was written since the start; the writer must not be used any more. */
  bytes(): Uint8Array
}

const [ZERO, POINT, MINUS] = [0x30, 0x2e, 0x2d]
/** No double has more digits in front of its point, written out. */
const LONGEST_NUMBER = 32
const DECIMALS = 10_000_000
/** Below it seven decimals are no more than fifteen digits, and a double of fifteen digits is one number only. */
const FEW = 100_000_000
const POWERS = Int32Array.from({ length: 9 }, (_, digits) => 10 ** digits)
const at10 = (digits: number): number => POWERS[digits] ?? FEW
/** JavaScript writes what is less with an exponent. */
const LITTLE = 1e-6

/**
 * A history's lines without a string for each of their pieces: thousands of lines wait for an answer at a time, and what
 * made them would be half of what a cloud under load has to sweep away.
 */
export function createLineWriter(expectedBytes: number): LineWriter {
  let bytes = new Uint8Array(Math.max(64, expectedBytes))
  let at = 0

  const makeRoom = (length: number): void => {
    if (at + length <= bytes.length) return
    const larger = new Uint8Array(Math.max(2 * bytes.length, at + length))
    larger.set(bytes)
    bytes = larger
  }
  const text = (ascii: string): void => {
    const length = ascii.length
    makeRoom(length)
    const [into, from] = [bytes, at]
    for (let index = 0; index < length; index += 1) into[from + index] = ascii.charCodeAt(index)
    at = from + length
  }
  const letter = (code: number): void => {
    bytes[at] = code
    at += 1
  }
  /** Whole, from nothing to `FEW`², with at least so many digits. */
  const digits = (value: number, atLeast: number): void => {
    let rest = value
    if (value >= FEW) {
      const high = Math.floor(value / FEW)
      digits(high, atLeast - 8)
      rest = value - high * FEW
    }
    let length = value >= FEW ? 8 : Math.max(1, atLeast)
    while (length < 8 && rest >= at10(length)) length += 1
    rest |= 0
    const into = bytes
    for (let place = at + length - 1; place >= at; place -= 1) {
      const tenth = (rest / 10) | 0
      into[place] = ZERO + rest - 10 * tenth
      rest = tenth
    }
    at += length
  }
  const decimals = (scaled: number): void => {
    const whole = Math.floor(scaled / DECIMALS)
    digits(whole, 1)
    letter(POINT)
    digits(scaled - whole * DECIMALS, 7)
    while (bytes[at - 1] === ZERO) at -= 1
  }
  const number = (value: number): void => {
    const size = Math.abs(value)
    const isWhole = Number.isSafeInteger(value)
    const scaled = isWhole ? 0 : Math.round(size * DECIMALS)
    // What divides back to the same number has these seven decimals and no others.
    const isShort = isWhole || (size >= LITTLE && size < FEW && scaled / DECIMALS === size)
    if (!isShort) {
      text(String(value))
      return
    }
    makeRoom(LONGEST_NUMBER)
    if (value < 0) letter(MINUS)
    if (isWhole) digits(size, 1)
    else decimals(scaled)
  }
  return { text, number, bytes: () => bytes.subarray(0, at) }
}
