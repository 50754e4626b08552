import { DeviceId } from '#contract/ids.ts'
import { epochMs, millis } from '#contract/instant.ts'
import type { Profile } from '#contract/profile.ts'
import { createGpsdDecoder } from '../gpsd/gpsd-decoder.ts'
import { emptyUnit, readingsOfMessage, type UnitMemory } from '../local-bus/bus-message.ts'
import { cellOf, emptyMemory, readingsOfGroup } from '../modbus/device-readings.ts'
import { unframeRtu } from '../modbus/modbus-frame.ts'
import { decodeReply, readOf, wordsOf } from '../modbus/modbus-pdu.ts'
import { registerReadings, spansOf } from '../modbus/register-plan.ts'
import { readingsOfFix } from '../nmea/fix-readings.ts'
import { createNmeaDecoder } from '../nmea/nmea-decoder.ts'
import type { FreshnessState } from '../profile/freshness.ts'
import type { QualityReason, Reading } from '../profile/reading.ts'
import type { Answer, Sample, Step } from './sample.ts'

const device = DeviceId.parse('sample')
const START = 10_000
const WALL = 1_795_289_123_456

/** Pure. The bytes of `01 AB FF`. */
export const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))

type Cells = Map<string, number | QualityReason>

function cellsOf(answer: Answer, cells: Cells): void {
  if ('rtu' in answer) {
    cellsOfFrame(answer.rtu, cells)
    return
  }
  const values: readonly (number | QualityReason)[] =
    'words' in answer ? wordsOf(bytesOf(answer.words)) : Array.from({ length: answer.count }, () => answer.fails)
  for (const [index, value] of values.entries()) cells.set(cellOf(answer.table, answer.address + index), value)
}

const TABLES = { 1: 'coil', 2: 'discrete', 3: 'holding', 4: 'input' } as const

/** A captured exchange goes the way of the line: frame, CRC, data unit. Throws when it is no exchange at all. */
function cellsOfFrame(frames: { readonly ask: string; readonly answer: string }, cells: Cells): void {
  const ask = bytesOf(frames.ask)
  const [unit = 0, fc] = ask
  const [address = 0, count = 0] = wordsOf(ask.subarray(2, 6))
  if (fc !== 1 && fc !== 2 && fc !== 3 && fc !== 4) throw new Error(`not a read: ${frames.ask}`)
  const request = readOf(TABLES[fc], address, count)
  const found = unframeRtu(bytesOf(frames.answer), unit, request)
  const reply = found.kind === 'pdu' ? decodeReply(request, found.pdu) : undefined
  if (reply === undefined && (found.kind !== 'junk' || found.cause !== 'crc'))
    throw new Error(`no answer to ${frames.ask}: ${frames.answer}`)
  for (let index = 0; index < count; index += 1) {
    const value = reply?.kind === 'values' ? (reply.values[index] ?? 'decode') : undefined
    const failure: QualityReason = reply?.kind === 'exception' ? `exception-${reply.code}` : 'crc'
    cells.set(cellOf(TABLES[fc], address + index), value ?? failure)
  }
}

export type Played = { readonly step: Step; readonly readings: readonly Reading[]; readonly steadyAt: number }

/**
 * Pure. Plays a sample through the code that a gateway runs; answers the readings of each step (the last of each name),
 * and when it was. Throws when an exchange of bytes is none.
 */
export function playSample(profile: Profile, sample: Sample, notBefore: number): readonly Played[] {
  let memory = emptyMemory(sample.lockedByteOrder)
  let freshness: FreshnessState = {}
  let unit: UnitMemory = emptyUnit
  const decoder = profile.transport.gpsd === undefined ? createNmeaDecoder() : createGpsdDecoder()
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
    const told = sentences.map((line) => decoder.take(line))
    return [...told, decoder.finish()].flatMap((fix) => {
      if (fix === undefined) return []
      const seen = readingsOfFix(freshness, { device, profile }, fix, look())
      freshness = seen.state
      return seen.readings
    })
  }
  const ofMessages = (messages: NonNullable<Step['messages']>): readonly Reading[] =>
    messages.flatMap(({ topic, payload }) => {
      const said = { topic, payload: new TextEncoder().encode(payload) }
      const heard = readingsOfMessage(unit, { device, profile }, said, look())
      unit = heard.memory
      return heard.readings
    })

  return sample.steps.map((step) => {
    steady += step.afterMs
    const readings = [
      ...ofRegisters(step.answers ?? []),
      ...ofSentences(step.sentences ?? []),
      ...ofMessages(step.messages ?? []),
    ]
    return { step, readings: newest(readings), steadyAt: steady }
  })
}

const newest = (readings: readonly Reading[]): readonly Reading[] => [
  ...new Map(readings.map((reading) => [reading.name, reading])).values(),
]

const isTouched = (profile: Profile, group: string, cells: Cells): boolean =>
  registerReadings(profile)
    .filter(([, reading]) => reading.group === group)
    .flatMap(([, reading]) => spansOf(reading, profile.defaults))
    .some((span) => cells.has(cellOf(span.table, span.address)))
