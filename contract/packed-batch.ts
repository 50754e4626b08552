import { type BitCode, CHANCE, chancesOf, createBitReader, createBitWriter } from './arithmetic-code.ts'
import { codeNumber, NUMBER_CHANCES } from './learnt-number.ts'
import { codeFrame, newFrameModel } from './packed-frame.ts'
import type { GatewayRecord } from './record.ts'
import { frameOf, scaledOf, zeroFrame } from './scaled-frame.ts'
import { MalformedBytes } from './varint.ts'

/**
 * The records of a compact batch, version 3: one arithmetic code from the first record to the last. A record begins with
 * the question whether it is a frame; another is told as a report or an event, the number of its bytes, and these.
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

/** Pure. Rounded records in their order. */
export function packRecords(records: readonly GatewayRecord[]): Uint8Array {
  const code = createBitWriter(32 + records.length * 8)
  const [heads, model] = [createHeads(code), newFrameModel()]
  for (const record of records) {
    if (heads.isFrame(record.kind === 'frame') && record.kind === 'frame') {
      codeFrame(code, model, scaledOf(record, model.last ?? zeroFrame()))
      continue
    }
    const text = new TextEncoder().encode(JSON.stringify(record))
    heads.isReport(record.kind === 'report')
    heads.length(text.length)
    for (const byte of text) code.plain(byte, 8)
  }
  return code.finish()
}

/** Pure. `count` records of these bytes. Throws `MalformedBytes` unless they are exactly what a writer makes of them. */
export function unpackRecords(bytes: Uint8Array, count: number): readonly PackedRecord[] {
  const code = createBitReader(bytes)
  const [heads, model, blank] = [createHeads(code), newFrameModel(), zeroFrame()]
  const records: PackedRecord[] = []
  for (let index = 0; index < count; index += 1) {
    if (heads.isFrame(true)) {
      records.push({ kind: 'frame', frame: frameOf(codeFrame(code, model, blank)) })
      continue
    }
    const kind = heads.isReport(true) ? 'report' : 'event'
    const length = heads.length(0)
    if (length < 0 || length > bytes.length) throw new MalformedBytes('the batch ends early')
    records.push({ kind, text: Uint8Array.from({ length }, () => code.plain(0, 8)) })
  }
  code.finish()
  return records
}
