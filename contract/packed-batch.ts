import { type BitCode, CHANCE, chancesOf, createBitReader, createBitWriter } from './arithmetic-code.ts'
import { codeNumber, NUMBER_CHANCES } from './learnt-number.ts'
import { codeFrame, newFrameModel } from './packed-frame.ts'
import { createTextCode, type TextCode } from './packed-text.ts'
import type { GatewayRecord } from './record.ts'
import { frameOf, scaledOf, zeroFrame } from './scaled-frame.ts'
import { MalformedBytes } from './varint.ts'

/**
 * The records of a compact batch, versions 3 and 4: one arithmetic code from the first record to the last. A record begins
 * with the question whether it is a frame; another is told as a report or an event, the number of its bytes, and these:
 * as they are in version 3, as a text that repeats itself in version 4 (`packed-text.ts`).
 */
type PackedRecord =
  | { readonly kind: 'frame'; readonly frame: ReturnType<typeof frameOf> }
  | { readonly kind: 'report' | 'event'; readonly text: Uint8Array }

/** Is it something else than a frame; then, is it a report; then the number of its bytes. */
const TOLD = Uint16Array.from([0.05 * CHANCE, CHANCE / 2, ...NUMBER_CHANCES])
const USUAL_BYTES = 9 * 16

function createHeads(code: BitCode) {
  const chances = chancesOf(TOLD)
  const length = { at: 2, usual: USUAL_BYTES }
  return {
    isFrame: (wanted: boolean): boolean => code.bit(chances, 0, wanted ? 0 : 1) === 0,
    isReport: (wanted: boolean): boolean => code.bit(chances, 1, wanted ? 1 : 0) === 1,
    length: (wanted: number): number => codeNumber(code, chances, length, wanted),
  }
}

export type PackedLayout = 3 | 4

/** Text of all records of a batch together: a few bytes of version 4 may stand for very many. */
const MOST_TEXT = 64 * 1024

const plainText = (code: BitCode): TextCode => ({
  text: (wanted, length) => Uint8Array.from({ length }, (_, at) => code.plain(wanted[at] ?? 0, 8)),
})

/** Pure. Rounded records in their order. */
export function packRecords(records: readonly GatewayRecord[], layout: PackedLayout): Uint8Array {
  const code = createBitWriter(32 + records.length * 8)
  const [heads, model] = [createHeads(code), newFrameModel()]
  const texts = layout === 4 ? createTextCode(code) : plainText(code)
  for (const record of records) {
    if (heads.isFrame(record.kind === 'frame') && record.kind === 'frame') {
      codeFrame(code, model, scaledOf(record, model.last ?? zeroFrame()))
      continue
    }
    const text = new TextEncoder().encode(JSON.stringify(record))
    heads.isReport(record.kind === 'report')
    heads.length(text.length)
    texts.text(text, text.length)
  }
  return code.finish()
}

const NOTHING = new Uint8Array()

/** Pure. `count` records of these bytes. Throws `MalformedBytes` unless they are exactly what a writer makes of them. */
export function unpackRecords(bytes: Uint8Array, count: number, layout: PackedLayout): readonly PackedRecord[] {
  const code = createBitReader(bytes)
  const [heads, model, blank] = [createHeads(code), newFrameModel(), zeroFrame()]
  const texts = layout === 4 ? createTextCode(code) : plainText(code)
  let left = layout === 4 ? MOST_TEXT : bytes.length
  const records: PackedRecord[] = []
  for (let index = 0; index < count; index += 1) {
    if (heads.isFrame(true)) {
      records.push({ kind: 'frame', frame: frameOf(codeFrame(code, model, blank)) })
      continue
    }
    const kind = heads.isReport(true) ? 'report' : 'event'
    const length = heads.length(0)
    if (length < 0 || length > left) throw new MalformedBytes('the batch ends early')
    left -= length
    records.push({ kind, text: texts.text(NOTHING, length) })
  }
  code.finish()
  return records
}
