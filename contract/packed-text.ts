import { type BitCode, CHANCE, chancesOf } from './arithmetic-code.ts'

/**
 * Bytes of a text that repeats itself, in an arithmetic code: each is guessed to be what followed the same four bytes the
 * last time, and where that is wrong it is told by its bits, whose chances are learnt apart for each kind of byte before.
 * What reports say over and over is known from the first byte on.
 */
export type TextCode = {
  /** Tells these bytes; a reader, who is told none of them, answers `length` that were written. */
  text(wanted: Uint8Array, length: number): Uint8Array
}

/** Part of the layout: another text here is another first byte of the batch. */
const KNOWN = `{"kind":"event","name":"boot","at":1795,"data":{}}{"kind":"report","orderId":"0-4-8-","orderSeq":1,"relay":\
"closed","evidence":{"speedKmh":0,"fixAgeMs":500,"displacementM":1.5,"slowForMs":90000,"satellites":9,"accuracyM":2.5,\
"ignition":false,"ignitionAgeMs":250,"ignitionOffForMs":90000,"motion":false,"motionAgeMs":250,"stillForMs":90000,"drive":\
"free","gnssTrust":"ok","timeQuality":"ntp","software":"0.1.0"},"at":1795,"state":"received"}{"state":"executing"}{"relay":\
"unknown","evidence":{},"state":"waiting","reason":"ignition-on"}{"drive":"blocked","sense":"blocked","state":"verified",\
"lastMinute":[{"ageMs":60000,"speedKmh":0,"ignition":false,"motion":false,"fromFirstM":0.5},{"ageMs":59000,"speedKmh":0,\
"ignition":false,"motion":false,"fromFirstM":0.6}],"proof":"eyJhbGciOiJFUzI1NiIsIng1YyI6WyJNSUlC`

/** So many bytes name a place to go on from. */
const CONTEXT = 4
/** How long a guess has held: told apart up to here. */
const RUNS = 16
const KINDS = 5
const BYTES = 256
const EVEN = CHANCE / 2

/** Of the byte before: nothing of note, a digit, a small letter, a capital, the end of a word. */
function kindOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return 1
  if (byte >= 0x61 && byte <= 0x7a) return 2
  if (byte >= 0x41 && byte <= 0x5a) return 3
  return byte === 0x22 || byte === 0x3a || byte === 0x2c ? 4 : 0
}

/** One for all texts of a batch: each knows those before it. */
export function createTextCode(code: BitCode): TextCode {
  const said: number[] = []
  const places = new Map<number, number>()
  const right = chancesOf(Uint16Array.from({ length: RUNS * 2 }, () => 0.9 * CHANCE))
  const bits = chancesOf(new Uint16Array(KINDS * BYTES).fill(EVEN))
  let guessAt = 0
  let run = 0
  let missed = 1

  /** What came here the last time, asked once for each byte; where nothing did, the former guess goes on. */
  const guess = (): number | undefined => {
    const here = context(said)
    if (run < CONTEXT) guessAt = places.get(here) ?? guessAt
    places.set(here, said.length)
    return said[guessAt]
  }
  const note = (byte: number): void => {
    said.push(byte)
    guessAt += 1
  }
  const spelled = (wanted: number): number => {
    const from = kindOf(said.at(-1) ?? 0) * BYTES
    let node = 1
    for (let place = 7; place >= 0; place -= 1) node = 2 * node + code.bit(bits, from + node, (wanted >> place) & 1)
    return node - BYTES
  }
  const next = (wanted: number): number => {
    const guessed = guess()
    if (guessed === undefined) return spelled(wanted)
    const isRight = code.bit(right, Math.min(run, RUNS - 1) * 2 + missed, wanted === guessed ? 1 : 0) === 1
    run = isRight ? run + 1 : 0
    missed = isRight ? 0 : 1
    return isRight ? guessed : spelled(wanted)
  }
  for (const byte of new TextEncoder().encode(KNOWN)) {
    guess()
    note(byte)
  }
  return {
    text: (wanted, length) => {
      const text = new Uint8Array(length)
      for (let at = 0; at < length; at += 1) {
        const byte = next(wanted[at] ?? 0)
        text[at] = byte
        note(byte)
      }
      return text
    },
  }
}

const context = (said: readonly number[]): number => {
  const end = said.length
  return (
    ((said[end - 4] ?? 0) << 24) | ((said[end - 3] ?? 0) << 16) | ((said[end - 2] ?? 0) << 8) | (said[end - 1] ?? 0)
  )
}
