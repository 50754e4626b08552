import type { Position } from './position.ts'

/** What is screwed into the car: which GPS and which relay, each a shipped device profile. */
export type Fitting =
  /** NMEA receiver behind a serial-to-network converter, Waveshare relay board. */
  | 'nmea-and-relay'
  /** Ebyte GPS unit, Waveshare relay board and a vibration sensor, on two Modbus lines. */
  | 'gps-unit-and-relay'
  /** Teltonika RUT955 as GPS, ignition input and relay. */
  | 'router'

/** How the car lives. */
export type Life =
  /** Trips over the Moscow road graph, one after another. */
  | {
      readonly kind: 'taxi'
      readonly from: Position
      readonly tripM: readonly [number, number]
      readonly parkedS: readonly [number, number]
    }
  | { readonly kind: 'replay'; readonly recording: RecordingName; readonly pauseS: number }
  /** Out of the region by the Kiev highway and back. */
  | { readonly kind: 'outbound' }
  /** Stands at the park; somebody tries to start it once it is blocked. */
  | { readonly kind: 'parked'; readonly at: Position }

export type RecordingName = 'car-munich' | 'bus-limerick' | 'moscow-receiver'

export type VehiclePlan = {
  /** Folder name, and the name by which tests and KORDON_DEMO_VEHICLES choose. */
  readonly key: string
  readonly plate: string
  readonly model: string
  readonly fitting: Fitting
  readonly life: Life
}

/** Longer than the 65 s without ignition that a block waits for, so that a hold on a driving car does take effect. */
const SHORT_STAY = [75, 180] as const
/** A car whose standstill only a vibration sensor proves must have stood for five minutes. */
const LONG_STAY = [330, 420] as const

const taxi = (
  lat: number,
  lon: number,
  tripM: readonly [number, number],
  parkedS: readonly [number, number] = SHORT_STAY,
): Life => ({ kind: 'taxi', from: { lat, lon }, tripM, parkedS })

/** The demo's cars. Letters of the plates are the twelve that GOST R 50577 allows. */
export const FLEET: readonly VehiclePlan[] = [
  {
    key: 'munich',
    plate: 'А101ВС777',
    model: 'Škoda Octavia',
    fitting: 'nmea-and-relay',
    life: { kind: 'replay', recording: 'car-munich', pauseS: 120 },
  },
  {
    key: 'limerick',
    plate: 'В214ЕК797',
    model: 'Volkswagen Caravelle',
    fitting: 'nmea-and-relay',
    life: { kind: 'replay', recording: 'bus-limerick', pauseS: 180 },
  },
  {
    key: 'receiver',
    plate: 'Е330НМ177',
    model: 'Hyundai Solaris',
    fitting: 'nmea-and-relay',
    life: { kind: 'replay', recording: 'moscow-receiver', pauseS: 90 },
  },
  {
    key: 'outbound',
    plate: 'К457ОР750',
    model: 'Kia Optima',
    fitting: 'gps-unit-and-relay',
    life: { kind: 'outbound' },
  },
  {
    key: 'parked',
    plate: 'М512ТУ799',
    model: 'Haval Jolion',
    fitting: 'gps-unit-and-relay',
    // Taxi park at Ryazansky prospekt.
    life: { kind: 'parked', at: { lat: 55.7172, lon: 37.7935 } },
  },
  {
    key: 'taxi-1',
    plate: 'Н608ХА197',
    model: 'Kia Rio',
    fitting: 'gps-unit-and-relay',
    life: taxi(55.7558, 37.6176, [2500, 7000]),
  },
  {
    key: 'taxi-2',
    plate: 'О723АВ777',
    model: 'Geely Coolray',
    fitting: 'nmea-and-relay',
    life: taxi(55.7963, 37.5378, [3000, 9000]),
  },
  {
    key: 'taxi-3',
    plate: 'Р834ВЕ799',
    model: 'Lada Vesta',
    fitting: 'router',
    life: taxi(55.7041, 37.5298, [6000, 15_000], LONG_STAY),
  },
  {
    key: 'taxi-4',
    plate: 'С945ЕМ177',
    model: 'Chery Tiggo 7 Pro',
    fitting: 'nmea-and-relay',
    life: taxi(55.7765, 37.6554, [4000, 12_000]),
  },
  {
    key: 'taxi-5',
    plate: 'Т056КО797',
    model: 'Toyota Camry',
    fitting: 'gps-unit-and-relay',
    life: taxi(55.6624, 37.6277, [3000, 9000]),
  },
  {
    key: 'taxi-6',
    plate: 'У167МР750',
    model: 'Renault Logan',
    fitting: 'router',
    life: taxi(55.8304, 37.6331, [6000, 15_000], LONG_STAY),
  },
  // Short errands round the Arbat: stands often, so that a block on a moving car is seen to wait and then to happen.
  {
    key: 'errands',
    plate: 'Х278НТ777',
    model: 'Omoda C5',
    fitting: 'nmea-and-relay',
    life: taxi(55.7494, 37.5912, [600, 1500]),
  },
]

/** Pure. The plans with these keys; throws naming every key that is none of the fleet's. */
export function chosenPlans(keys: readonly string[], plans: readonly VehiclePlan[] = FLEET): readonly VehiclePlan[] {
  const unknown = keys.filter((key) => !plans.some((plan) => plan.key === key))
  if (unknown.length > 0)
    throw new Error(`no demo vehicle ${unknown.join(', ')}; there are ${plans.map((plan) => plan.key).join(', ')}`)
  return plans.filter((plan) => keys.includes(plan.key))
}
