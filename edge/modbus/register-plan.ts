import type { ByteOrder, Profile, RegisterReading, RegisterTable } from '#contract/profile.ts'
import { shapeOf } from './register-value.ts'

/** Cells of one table that belong together and are never torn apart. */
export type Span = { readonly table: RegisterTable; readonly address: number; readonly count: number }
/** One request, and the spans it brings. */
export type Block = Span & { readonly spans: readonly Span[] }

export type PlanLimits = { readonly maxHole: number; readonly maxRegisters: number }

type Defaults = { readonly table?: RegisterTable; readonly byteOrder?: ByteOrder }

/** Most bits of one read, by the protocol. */
const MAX_BITS = 2000

/** Pure. Every span a reading needs: its own, its sign's, those of a date and a time. */
export function spansOf(reading: RegisterReading, defaults: Defaults = {}): readonly Span[] {
  const { table, count } = shapeOf(reading, defaults)
  const { dateTime, signFrom } = reading
  const spans: Span[] = []
  if (typeof dateTime === 'object' && 'date' in dateTime) {
    spans.push({ table, address: dateTime.date.address, count: dateTime.date.count })
    spans.push({ table, address: dateTime.time.address, count: dateTime.time.count })
  } else spans.push({ table, address: reading.address, count })
  if (signFrom !== undefined) spans.push({ table, address: signFrom.address, count: 1 })
  return spans
}

/** Pure. The profile's register readings by name. */
export const registerReadings = (profile: Profile): readonly (readonly [string, RegisterReading])[] =>
  Object.entries(profile.readings).flatMap(([name, reading]) =>
    'address' in reading ? [[name, reading] as const] : [],
  )

/** Pure. Fewest requests that bring all spans, joining neighbours of one table while hole and length allow it. */
export function planBlocks(spans: readonly Span[], limits: PlanLimits): readonly Block[] {
  const sorted = spans.toSorted((a, b) => a.table.localeCompare(b.table) || a.address - b.address)
  const blocks: Block[] = []
  for (const span of sorted) {
    const last = blocks.at(-1)
    const joined = last === undefined ? undefined : join(last, span, limits)
    if (joined === undefined) blocks.push({ ...span, spans: [span] })
    else blocks[blocks.length - 1] = joined
  }
  return blocks
}

function join(block: Block, span: Span, limits: PlanLimits): Block | undefined {
  if (block.table !== span.table) return undefined
  const isBits = span.table === 'coil' || span.table === 'discrete'
  const end = block.address + block.count
  const count = Math.max(end, span.address + span.count) - block.address
  if (span.address - end > limits.maxHole || count > (isBits ? MAX_BITS : limits.maxRegisters)) return undefined
  return { ...block, count, spans: [...block.spans, span] }
}

/** Pure. Two requests instead of one that the device refused; undefined when only one span is left. */
export function bisect(block: Block): readonly Block[] | undefined {
  if (block.spans.length < 2) return undefined
  const middle = Math.ceil(block.spans.length / 2)
  const everything: PlanLimits = { maxHole: MAX_BITS, maxRegisters: MAX_BITS }
  return [block.spans.slice(0, middle), block.spans.slice(middle)].flatMap((half) => planBlocks(half, everything))
}

/** Pure. The blocks of one group of a profile, in wire addresses of the profile's own base. */
export function planGroup(profile: Profile, group: string, maxRegisters: number): readonly Block[] {
  const spans = registerReadings(profile)
    .filter(([, reading]) => reading.group === group)
    .flatMap(([, reading]) => spansOf(reading, profile.defaults))
  return planBlocks(spans, { maxHole: profile.groups?.[group]?.maxHole ?? 0, maxRegisters })
}
