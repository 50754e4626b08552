import type { DeviceId } from '#contract/ids.ts'
import { type EpochMs, epochMs, type Millis } from '#contract/instant.ts'
import type { FixedByteOrder, Profile, RegisterReading, RegisterTable } from '#contract/profile.ts'
import { instantOf, instantOfTexts } from '../profile/date-time.ts'
import { debounce, type Level } from '../profile/debounce.ts'
import { type FreshnessState, isJudgedBy, judgeFreshness } from '../profile/freshness.ts'
import type { QualityReason, Reading } from '../profile/reading.ts'
import { type Meant, mayBeEvidence, meanValue } from '../profile/reading-value.ts'
import { type OrderProbe, type OrderSample, probeOrder, survivors } from './byte-order.ts'
import { registerReadings } from './register-plan.ts'
import { asciiOf, decodeWords, shapeOf } from './register-value.ts'

/** What the last requests brought, cell by cell: a word or bit, or why there is none. */
export type RegisterImage = ReadonlyMap<string, number | QualityReason>
export const cellOf = (table: RegisterTable, address: number): string => `${table}:${address}`

/** What is remembered of one device between two looks. */
export type DeviceMemory = {
  readonly order: OrderProbe
  readonly levels: Readonly<Record<string, Level>>
  readonly freshness: FreshnessState
}

/** Pure. A device not looked at yet; a byte order locked earlier (kept by the installation) is used at once. */
export const emptyMemory = (locked?: FixedByteOrder): DeviceMemory => ({
  order: locked === undefined ? { state: 'probing', streak: 0 } : { state: 'locked', order: locked },
  levels: {},
  freshness: {},
})

/** `now` and `steadyAt`: when the answer was complete. `askedAt`: when its first question went out. */
export type Look = {
  readonly now: EpochMs
  readonly steadyAt: Millis
  readonly notBefore: EpochMs
  readonly askedAt?: Millis
}

type Cells = readonly number[] | { readonly reason: QualityReason }
/** A decoded value, or why there is none. */
export type Outcome = Meant | { readonly reason: QualityReason }

function cells(image: RegisterImage, table: RegisterTable, address: number, count: number): Cells {
  const words: number[] = []
  for (let index = 0; index < count; index += 1) {
    const cell = image.get(cellOf(table, address + index)) ?? 'timeout'
    if (typeof cell === 'string') return { reason: cell }
    words.push(cell)
  }
  return words
}

const isWords = (found: Cells): found is readonly number[] => Array.isArray(found)

/** Pure. The readings of one group from what its requests brought, with what is to be remembered. */
export function readingsOfGroup(
  memory: DeviceMemory,
  source: { readonly device: DeviceId; readonly profile: Profile; readonly group: string },
  image: RegisterImage,
  look: Look,
): { readonly memory: DeviceMemory; readonly readings: readonly Reading[] } {
  const { device, profile, group } = source
  const members = registerReadings(profile).filter(([, reading]) => reading.group === group)
  const order = nextOrder(memory, members, profile, image, look)
  const levels: Record<string, Level> = { ...memory.levels }
  const decoded = members.map(([name, reading]): Reading => {
    const outcome = decodeReading(reading, profile, image, order)
    const base = {
      device,
      name,
      ...(reading.capability === undefined ? {} : { capability: reading.capability }),
      evidence: mayBeEvidence(profile, name),
      ...dateOf(reading, look),
    }
    if ('reason' in outcome) {
      delete levels[name]
      return { ...base, quality: 'bad', reason: outcome.reason }
    }
    const level = debounce(levels[name], outcome.value, look.steadyAt, reading.debounceMs ?? 0)
    if (reading.debounceMs !== undefined) levels[name] = level
    const isOpen = shapeOf(reading, profile.defaults).order === 'auto' && isFloat(reading) && order.state !== 'locked'
    return isOpen
      ? { ...base, value: level.settled, quality: 'uncertain', reason: 'byte-order-unlocked' }
      : { ...base, value: level.settled, quality: 'good' }
  })
  const rule = profile.freshness?.position
  const judged =
    rule !== undefined && isJudgedBy(rule, decoded)
      ? judgeFreshness(memory.freshness, decoded, rule, look)
      : { state: memory.freshness, readings: decoded }
  return { memory: { order, levels, freshness: judged.state }, readings: judged.readings }
}

/**
 * A state may have changed while its answer was under way, so it is as old as its question. What belongs to a fix has a
 * time of its own, and is held against that by the moment it was there to be seen: its answer (`followFix` adds the rest).
 */
function dateOf({ capability }: RegisterReading, look: Look): Pick<Reading, 'readAt' | 'steadyAt'> {
  const { now, steadyAt, askedAt = steadyAt } = look
  if (capability?.startsWith('position.') === true) return { readAt: now, steadyAt }
  return { readAt: epochMs(Math.round(now - (steadyAt - askedAt))), steadyAt: askedAt }
}

const isFloat = (reading: RegisterReading): boolean => reading.type === 'float32'

/** Looks at the floats of unknown order once per new fix: the same fix read twice proves nothing twice. */
function nextOrder(
  memory: DeviceMemory,
  members: readonly (readonly [string, RegisterReading])[],
  profile: Profile,
  image: RegisterImage,
  look: Look,
): OrderProbe {
  const samples = members.flatMap(([, reading]): OrderSample[] => {
    const { table, order } = shapeOf(reading, profile.defaults)
    if (order !== 'auto' || !isFloat(reading) || reading.range === undefined) return []
    const words = cells(image, table, reading.address, 2)
    const isPlace = reading.capability === 'position.lat' || reading.capability === 'position.lon'
    return isWords(words) ? [{ words, range: reading.range, isPlace }] : []
  })
  const advances = profile.freshness?.position.advances
  const timeReading = members.find(([name]) => name === advances)?.[1]
  const time = timeReading === undefined ? undefined : decodeReading(timeReading, profile, image, memory.order)
  const isSameFix = time !== undefined && 'value' in time && time.value === memory.freshness.newest?.time
  return samples.length === 0 || isSameFix ? memory.order : probeOrder(memory.order, samples, look.steadyAt)
}

/** Pure. One reading from what is there, or the reason why it has no value. */
export function decodeReading(
  reading: RegisterReading,
  profile: Profile,
  image: RegisterImage,
  probe: OrderProbe,
): Outcome {
  const { table, type, order, count } = shapeOf(reading, profile.defaults)
  const { dateTime } = reading
  if (typeof dateTime === 'object' && 'date' in dateTime) return decodeTexts(dateTime, table, image)
  const words = cells(image, table, reading.address, count)
  if (!isWords(words)) return words
  if (dateTime !== undefined)
    return typeof dateTime === 'string' ? textTime(words, dateTime) : fieldTime(words, dateTime)
  const raw = decodeWords(words, type, order === 'auto' ? openOrder(probe, words, reading) : order)
  if (raw === undefined) return { reason: 'decode' }
  const bit = reading.bit !== undefined && typeof raw === 'number' ? ((raw >> reading.bit) & 1) === 1 : raw
  if (reading.signFrom === undefined) return meanValue(bit, reading)
  const sign = cells(image, table, reading.signFrom.address, 1)
  if (!isWords(sign)) return sign
  const factor = reading.signFrom.map[String(sign[0])]
  return factor === undefined || typeof bit !== 'number' ? { reason: 'decode' } : meanValue(bit * factor, reading)
}

/** Before the lock: the order under which this float is plausible, so that a technician sees something sensible. */
function openOrder(probe: OrderProbe, words: readonly number[], reading: RegisterReading): FixedByteOrder {
  if (probe.state === 'locked') return probe.order
  return probe.candidate ?? survivors([{ words, range: reading.range ?? [0, 0], isPlace: false }])[0] ?? 'ABCD'
}

type Layouts = Extract<NonNullable<RegisterReading['dateTime']>, string>
type Fields = Extract<NonNullable<RegisterReading['dateTime']>, readonly string[]>
type TextPair = Exclude<NonNullable<RegisterReading['dateTime']>, string | readonly string[]>

const asTime = (time: number | undefined): Outcome => (time === undefined ? { reason: 'decode' } : { value: time })

function textTime(words: readonly number[], layout: Layouts): Outcome {
  const text = asciiOf(words)
  return text === '' ? { reason: 'missing' } : asTime(instantOfTexts([{ text, layout }]))
}

const FIELD_ORDER = ['y', 'mo', 'd', 'h', 'mi', 's'] as const

function fieldTime(words: readonly number[], fields: Fields): Outcome {
  if (words.every((word) => word === 0)) return { reason: 'missing' }
  return asTime(instantOf(FIELD_ORDER.map((field) => words[fields.indexOf(field)] ?? Number.NaN)))
}

function decodeTexts(pair: TextPair, table: RegisterTable, image: RegisterImage): Outcome {
  const date = cells(image, table, pair.date.address, pair.date.count)
  const time = cells(image, table, pair.time.address, pair.time.count)
  if (!isWords(date)) return date
  if (!isWords(time)) return time
  const texts = [
    { text: asciiOf(date), layout: pair.date.layout },
    { text: asciiOf(time), layout: pair.time.layout },
  ]
  return texts.some(({ text }) => text === '') ? { reason: 'missing' } : asTime(instantOfTexts(texts))
}
