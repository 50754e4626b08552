import type { Profile, RegisterReading } from '#contract/profile.ts'
import { registerDenials } from '../modbus/deny.ts'
import { registerReadings, spansOf } from '../modbus/register-plan.ts'
import { shapeOf, widthOf } from '../modbus/register-value.ts'
import { type Mistake, when } from './mistake.ts'

/** Pure. One reading of registers, by itself. */
export function checkRegister(profile: Profile, name: string, reading: RegisterReading): readonly Mistake[] {
  const { table, type, order, count } = shapeOf(reading, profile.defaults)
  const path = ['readings', name]
  const base = profile.transport.modbusTcp?.addressBase ?? profile.transport.modbusRtu?.addressBase ?? 0
  const most = Math.min(
    profile.transport.modbusTcp?.maxRegisters ?? 125,
    profile.transport.modbusRtu?.maxRegisters ?? 125,
  )
  const isBits = table === 'coil' || table === 'discrete'
  const isText = widthOf(type) === undefined
  const fields = Array.isArray(reading.dateTime) ? reading.dateTime : undefined
  return [
    ...spansOf(reading, profile.defaults).flatMap((span) => [
      ...when(span.address - base + span.count > 65_536, [...path, 'address'], 'reaches beyond address 65535'),
      ...when(span.address < base, [...path, 'address'], `addresses of this profile start at ${base}`),
      ...when(!isBits && span.count > most, [...path, 'count'], `${span.count} registers, but maxRegisters is ${most}`),
    ]),
    ...when(isText && reading.count === undefined, path, `type ${type} needs a count of registers`),
    ...when(!isText && reading.count !== undefined && reading.count !== count, [...path, 'count'], `takes ${count}`),
    ...when(isBits && type !== 'bool', [...path, 'type'], 'a coil or discrete input is a bool'),
    ...when(reading.bit !== undefined && type !== 'uint16', [...path, 'bit'], 'one bit can be taken of a uint16 only'),
    ...when(
      reading.byteOrder === 'auto' && (type !== 'float32' || reading.range === undefined),
      [...path, 'byteOrder'],
      'auto is for float32 with a range: the order is found out by plausible values',
    ),
    ...when(
      order === 'auto' && reading.byteOrder === undefined && type === 'float32' && reading.range === undefined,
      path,
      'byteOrder auto needs a range',
    ),
    ...when(fields !== undefined && new Set(fields).size !== 6, [...path, 'dateTime'], 'names a part twice'),
    ...when(fields !== undefined && type !== 'uint16', [...path, 'type'], 'parts of a date are uint16'),
    ...when(
      typeof reading.dateTime === 'string' && type !== 'ascii',
      [...path, 'type'],
      'a date layout reads a text: type ascii',
    ),
  ]
}

/** Pure. A value that begins in the middle of another is read from a wrong address; the bits of one word share theirs. */
export function checkOverlaps(profile: Profile): readonly Mistake[] {
  const spans = registerReadings(profile).flatMap(([name, reading]) =>
    spansOf(reading, profile.defaults).map((span) => ({ name, reading, ...span })),
  )
  return spans.flatMap((one, index) => {
    const other = spans.slice(0, index).find((before) => {
      const isShared =
        before.name !== one.name &&
        before.table === one.table &&
        before.address < one.address + one.count &&
        one.address < before.address + before.count
      const isSame = before.address === one.address && before.count === one.count
      const isPart = one.reading.bit !== before.reading.bit || one.reading.type !== before.reading.type
      return isShared && !(isSame && isPart)
    })
    const where = `${other?.table} ${other?.address}${other?.count === 1 ? '' : ` to ${(other?.address ?? 0) + (other?.count ?? 0) - 1}`}`
    return when(
      other !== undefined,
      ['readings', one.name, 'address'],
      `shares ${where} with ${other?.name}: one of the two addresses is wrong`,
    )
  })
}

/** Pure. Bounds upside down would forbid nothing. */
export const checkDenials = (profile: Profile): readonly Mistake[] =>
  registerDenials(profile).flatMap(({ addresses, values }) => {
    const at = (profile.deny ?? []).findIndex(
      (one) => 'fc' in one && one.addresses === addresses && one.values === values,
    )
    return [
      ...when(
        addresses !== undefined && addresses[0] > addresses[1],
        ['deny', at, 'addresses'],
        'the lower address comes first',
      ),
      ...when(
        (values ?? []).some((value) => Array.isArray(value) && value[0] > value[1]),
        ['deny', at, 'values'],
        'the lower value comes first',
      ),
    ]
  })
