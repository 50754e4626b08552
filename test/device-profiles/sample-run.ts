import { DeviceId } from '#contract/ids.ts'
import { epochMs, millis } from '#contract/instant.ts'
import type { Profile } from '#contract/profile.ts'
import { cellOf, emptyMemory, readingsOfGroup } from '../../edge/modbus/device-readings.ts'
import { unframeRtu } from '../../edge/modbus/modbus-frame.ts'
import { decodeReply, readOf, wordsOf } from '../../edge/modbus/modbus-pdu.ts'
import { registerReadings, spansOf } from '../../edge/modbus/register-plan.ts'
import { readingsOfFix } from '../../edge/nmea/fix-readings.ts'
import { type EpochState, finishEpoch, takeSentence } from '../../edge/nmea/nmea-epoch.ts'
import { parseSentence } from '../../edge/nmea/nmea-sentence.ts'
import type { FreshnessState } from '../../edge/profile/freshness.ts'
import type { QualityReason, Reading } from '../../edge/profile/reading.ts'
import type { Answer, Sample, Step } from './sample.ts'

const device = DeviceId.parse('sample')
const START = 10_000
const WALL = 1_795_289_123_456

export const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))

type Cells = Map<string, number | QualityReason>

const isReason = (text: string): text is QualityReason => /^(timeout|crc|offline|decode|exception-\d+)$/.test(text)

function cellsOf(answer: Answer, cells: Cells): void {
  if ('rtu' in answer) {
    cellsOfFrame(answer.rtu, cells)
    return
  }
  const values =
    'words' in answer
      ? wordsOf(bytesOf(answer.words))
      : Array.from({ length: answer.count }, (): QualityReason => {
          if (!isReason(answer.fails)) throw new Error(`no such failure: ${answer.fails}`)
          return answer.fails
        })
  for (const [index, value] of values.entries()) cells.set(cellOf(answer.table, answer.address + index), value)
}

const TABLES = { 1: 'coil', 2: 'discrete', 3: 'holding', 4: 'input' } as const

/** A captured exchange goes the way of the line: frame, CRC, data unit. */
function cellsOfFrame(frames: { readonly ask: string; readonly answer: string }, cells: Cells): void {
  const ask = bytesOf(frames.ask)
  const [unit = 0, fc] = ask
  const [address = 0, count = 0] = wordsOf(ask.subarray(2, 6))
  if (fc !== 1 && fc !== 2 && fc !== 3 && fc !== 4) throw new Error(`not a read: ${frames.ask}`)
  const request = readOf(TABLES[fc], address, count)
  const found = unframeRtu(bytesOf(frames.answer), unit, request)
  const reply = found.kind === 'pdu' ? decodeReply(request, found.pdu) : undefined
  if (reply === undefined && (found.kind !== 'junk' || found.cause !== 'crc')) throw new Error(`odd: ${frames.answer}`)
  for (let index = 0; index < count; index += 1) {
    const value = reply?.kind === 'values' ? (reply.values[index] ?? 'decode') : undefined
    const failure: QualityReason = reply?.kind === 'exception' ? `exception-${reply.code}` : 'crc'
    cells.set(cellOf(TABLES[fc], address + index), value ?? failure)
  }
}

/** Plays a sample through the pure code that a gateway runs; answers the readings of each step, and when it was. */
export function playSample(
  profile: Profile,
  sample: Sample,
  notBefore: number,
): readonly { readonly step: Step; readonly readings: readonly Reading[]; readonly steadyAt: number }[] {
  let memory = emptyMemory(sample.lockedByteOrder)
  let freshness: FreshnessState = {}
  let epoch: EpochState = { sentences: [] }
  let steady = START
  const look = () => ({ now: epochMs(WALL + steady), steadyAt: millis(steady), notBefore: epochMs(notBefore) })

  const ofRegisters = (answers: readonly Answer[]): readonly Reading[] => {
    const cells: Cells = new Map()
    for (const answer of answers) cellsOf(answer, cells)
    return Object.keys(profile.groups ?? {})
      .filter((group) => isTouched(profile, group, cells))
      .flatMap((group) => {
        const seen = readingsOfGroup(memory, { device, profile, group }, cells, look())
        memory = seen.memory
        return seen.readings
      })
  }
  const ofSentences = (sentences: readonly string[]): readonly Reading[] => {
    for (const line of sentences) {
      const parsed = parseSentence(line)
      if (parsed.kind === 'sentence') epoch = takeSentence(epoch, parsed.sentence).state
    }
    const done = finishEpoch(epoch)
    epoch = done.state
    if (done.fix === undefined) return []
    const seen = readingsOfFix(freshness, { device, profile }, done.fix, look())
    freshness = seen.state
    return seen.readings
  }
  return sample.steps.map((step) => {
    steady += step.afterMs
    const readings = [...ofRegisters(step.answers ?? []), ...ofSentences(step.sentences ?? [])]
    return { step, readings, steadyAt: steady }
  })
}

const isTouched = (profile: Profile, group: string, cells: Cells): boolean =>
  registerReadings(profile)
    .filter(([, reading]) => reading.group === group)
    .flatMap(([, reading]) => spansOf(reading, profile.defaults))
    .some((span) => cells.has(cellOf(span.table, span.address)))
