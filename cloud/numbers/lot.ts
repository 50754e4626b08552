import type { Standing } from '../idle/idle.ts'

/** A vehicle as it is now; null and undefined: nobody knows. */
export type CarNow = {
  readonly parking: string | null
  readonly inside: boolean | null
  readonly standing: Standing | undefined
  /** Its gateway is there, in contact, and sealed by a technician who has seen its relay work. */
  readonly gateway: 'fit' | 'unfit'
}
export type Place = {
  /** Null: at none of the parkings that are drawn. */
  readonly parking: string | null
  readonly vehicles: number
  readonly ready: number
  readonly inRepair: number
}
export type Lot = {
  readonly ready: number
  readonly inRepair: number
  readonly zone: { readonly inside: number; readonly outside: number; readonly unknown: number }
  readonly places: readonly Place[]
}

const IN_REPAIR: ReadonlySet<string> = new Set(['service', 'parts_wait', 'accident'])

/** Pure. Nobody has it, its papers are in force and nothing holds it (that is what `no_driver` says), and its gateway is fit. */
const isReady = ({ standing, gateway }: CarNow): boolean => standing === 'no_driver' && gateway === 'fit'
const isInRepair = ({ standing }: CarNow): boolean => standing !== undefined && IN_REPAIR.has(standing)

/** Pure. What can be given out today, what is in repair and where it stands; parkings by name, what stands elsewhere last. */
export function lotOf(cars: readonly CarNow[]): Lot {
  const side = (inside: boolean | null): number => cars.filter((car) => car.inside === inside).length
  const places = [...Map.groupBy(cars, ({ parking }) => parking)].map(([parking, own]) => ({
    parking,
    vehicles: own.length,
    ready: own.filter(isReady).length,
    inRepair: own.filter(isInRepair).length,
  }))
  return {
    ready: cars.filter(isReady).length,
    inRepair: cars.filter(isInRepair).length,
    zone: { inside: side(true), outside: side(false), unknown: side(null) },
    places: places.sort((one, other) =>
      one.parking === null ? 1 : other.parking === null ? -1 : one.parking.localeCompare(other.parking, 'ru'),
    ),
  }
}
