import type { DeviceId } from '#contract/ids.ts'
import type { EpochMs, Millis } from '#contract/instant.ts'
import type { Condition, Profile, TopicReading } from '#contract/profile.ts'
import { instantOfTexts } from '../profile/date-time.ts'
import { debounce, type Level } from '../profile/debounce.ts'
import { type FreshnessState, isJudgedBy, judgeFreshness } from '../profile/freshness.ts'
import type { Reading } from '../profile/reading.ts'
import { type Meant, mayBeEvidence, meanValue } from '../profile/reading-value.ts'
import { topicReadings } from './bus-access.ts'

/** What is remembered of one unit between two messages. */
export type UnitMemory = {
  readonly levels: Readonly<Record<string, Level>>
  readonly freshness: FreshnessState
  /** The last word on every reading, which goes stale when the unit is gone. */
  readonly latest: Readonly<Record<string, Reading>>
}
export const emptyUnit: UnitMemory = { levels: {}, freshness: {}, latest: {} }

export type UnitSource = { readonly device: DeviceId; readonly profile: Profile }
export type UnitLook = { readonly now: EpochMs; readonly steadyAt: Millis; readonly notBefore: EpochMs }
export type Heard = { readonly memory: UnitMemory; readonly readings: readonly Reading[] }

/** Longer messages than any unit's state are not read. */
const MAX_BYTES = 16_384

/** The text of a message and, if it is one, its JSON. */
type Message = { readonly text: string | undefined; readonly json: unknown }

function messageOf(payload: Uint8Array): Message {
  if (payload.length > MAX_BYTES) return { text: undefined, json: undefined }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(payload).trim()
    return { text, json: jsonOf(text) }
  } catch {
    return { text: undefined, json: undefined }
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Pure. The member at a path of names and numbers; undefined where there is none. Only own members count. */
export function memberAt(json: unknown, path: readonly (string | number)[]): unknown {
  let found = json
  for (const step of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined
    found = Reflect.get(found, step)
  }
  return found
}

const holds = (json: unknown, conditions: TopicReading['when']): boolean =>
  [conditions ?? []].flat().every(({ path, equals }: Condition) => memberAt(json, path) === equals)

const WIDTHS = { uint8: 1, uint16: 2, int16: 2, uint32: 4, int32: 4 } as const

function numberOfBytes(list: unknown, { at, type }: NonNullable<TopicReading['bytes']>): number | undefined {
  const bytes = Array.isArray(list) ? list.slice(at, at + WIDTHS[type]) : []
  const areBytes = bytes.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255)
  if (bytes.length < WIDTHS[type] || !areBytes) return undefined
  const value = bytes.reduce((sum: number, byte: number) => sum * 256 + byte, 0)
  const isNegative = type.startsWith('int') && bytes[0] >= 128
  return isNegative ? value - 256 ** WIDTHS[type] : value
}

/** Pure. One reading of a message: its value, why there is none, or undefined when the message is of another kind. */
export function decodeTopic(reading: TopicReading, message: Message): Meant | undefined {
  const { path, bytes, dateTime } = reading
  if (message.text === undefined) return { reason: 'decode' }
  const isText = path === undefined && reading.type !== 'json'
  if (isText) return meant(message.text, reading)
  if (message.json === undefined) return { reason: 'decode' }
  if (!holds(message.json, reading.when)) return undefined
  const raw = path === undefined ? message.json : memberAt(message.json, path)
  if (raw === undefined && reading.absent !== undefined) {
    const assumed = meanValue(reading.absent, reading)
    return 'value' in assumed ? { ...assumed, defaulted: true } : assumed
  }
  if (raw === undefined) return { reason: 'missing' }
  if (bytes !== undefined) {
    const number = numberOfBytes(raw, bytes)
    return number === undefined ? { reason: 'decode' } : meant(number, reading)
  }
  return dateTime !== undefined && typeof raw !== 'string' ? { reason: 'decode' } : meant(raw, reading)
}

function meant(raw: unknown, reading: TopicReading): Meant {
  if (reading.dateTime === undefined || typeof raw !== 'string' || raw === '') return meanValue(raw, reading)
  const time = instantOfTexts([{ text: raw, layout: reading.dateTime }])
  return time === undefined ? { reason: 'decode' } : { value: time }
}

/**
 * Pure. What one message says: the readings of its topic (as the profile writes it), with what is to be remembered. A
 * unit that says it is gone, or whose will says so, leaves all it has said stale.
 */
export function readingsOfMessage(
  memory: UnitMemory,
  source: UnitSource,
  said: { readonly topic: string; readonly payload: Uint8Array },
  look: UnitLook,
): Heard {
  const message = messageOf(said.payload)
  const levels: Record<string, Level> = { ...memory.levels }
  const decoded = topicReadings(source.profile).flatMap(([name, reading]): Reading[] => {
    const found = reading.topic === said.topic ? decodeTopic(reading, message) : undefined
    if (found === undefined) return []
    const base = baseOf(source, name, reading, look)
    if ('reason' in found) {
      delete levels[name]
      return [{ ...base, quality: 'bad', reason: found.reason }]
    }
    const level = debounce(levels[name], found.value, look.steadyAt, reading.debounceMs ?? 0)
    if (reading.debounceMs !== undefined) levels[name] = level
    return found.defaulted === true
      ? [{ ...base, value: level.settled, quality: 'uncertain', reason: 'defaulted' }]
      : [{ ...base, value: level.settled, quality: 'good' }]
  })
  const rule = source.profile.freshness?.position
  const judged =
    rule !== undefined && isJudgedBy(rule, decoded)
      ? judgeFreshness(memory.freshness, decoded, rule, look)
      : { state: memory.freshness, readings: decoded }
  const latest = { ...memory.latest, ...Object.fromEntries(judged.readings.map((one) => [one.name, one])) }
  const heard: UnitMemory = { levels, freshness: judged.state, latest }
  const isGone = judged.readings.some(({ capability, value }) => capability === 'device.online' && value === false)
  if (!isGone) return { memory: heard, readings: judged.readings }
  const lost = readingsOfLoss(heard, source, look)
  return { memory: lost.memory, readings: [...judged.readings, ...lost.readings] }
}

/** Pure. The unit is gone: its last words are stale, what it never said is bad, and nothing of before goes on. */
export function readingsOfLoss(memory: UnitMemory, source: UnitSource, look: Omit<UnitLook, 'notBefore'>): Heard {
  const readings = topicReadings(source.profile)
    .filter(([, reading]) => reading.capability !== 'device.online')
    .map(([name, reading]): Reading => {
      const last = memory.latest[name]
      if (last?.value === undefined)
        return { ...baseOf(source, name, reading, look), quality: 'bad', reason: 'offline' }
      return { ...last, quality: 'stale', reason: 'offline' }
    })
  return { memory: { ...emptyUnit, freshness: trustedOf(memory) }, readings }
}

const trustedOf = ({ freshness }: UnitMemory): FreshnessState =>
  freshness.trusted === undefined ? {} : { trusted: freshness.trusted }

const baseOf = (source: UnitSource, name: string, reading: TopicReading, look: Omit<UnitLook, 'notBefore'>) => ({
  device: source.device,
  name,
  ...(reading.capability === undefined ? {} : { capability: reading.capability }),
  evidence: mayBeEvidence(source.profile, name),
  readAt: look.now,
  steadyAt: look.steadyAt,
})
