import { DeviceId } from '#contract/ids.ts'
import { millis } from '#contract/instant.ts'
import type { Capability } from '#contract/profile.ts'
import type { EvidenceSources } from '../../edge/interlock/evidence.ts'
import type { Reading, ReadingValue } from '../../edge/profile/reading.ts'
import type { Car, Place } from './car.ts'
import type { RelayBoard } from './relay-board.ts'
import { instant, START_OF_TIME, type World } from './world.ts'

const [GPS, IO] = [DeviceId.parse('gps'), DeviceId.parse('io')]

/** How this vehicle is fitted out. */
export type Fitting = { readonly motion: boolean; readonly sense: boolean; readonly gnss: 'polled' | 'pushed' }

const FITTINGS: readonly Fitting[] = [
  { motion: false, sense: false, gnss: 'pushed' },
  { motion: true, sense: true, gnss: 'polled' },
  { motion: false, sense: true, gnss: 'pushed' },
  { motion: true, sense: false, gnss: 'pushed' },
  { motion: false, sense: false, gnss: 'polled' },
]
export const fittingOf = (vehicle: number): Fitting =>
  FITTINGS[vehicle % FITTINGS.length] ?? { motion: false, sense: false, gnss: 'polled' }

export const sourcesOf = ({ motion, sense, gnss }: Fitting): EvidenceSources => ({
  ignition: { device: IO, reading: 'ignition' },
  ...(motion ? { motion: { device: IO, reading: 'motion' } } : {}),
  ...(sense ? { sense: { device: IO, reading: 'sense' } } : {}),
  relay: IO,
  gnss: GPS,
  gnssDelivery: gnss === 'pushed' ? 'sent' : 'polled',
})

/** A value as the device gave it; it becomes a reading when the process has it in hand. */
export type Sample = readonly (readonly [name: string, capability: Capability, value: ReadingValue | undefined])[]

export type Sensors = {
  /** What the devices answer to a question asked now; undefined when nothing (new) is said at all. */
  io(): Sample
  gnss(): Sample
  /** When after a whole second a pushed fix arrives. */
  readonly latency: number
}

const METRES_PER_DEGREE = 111_320
const CENTRE = { lat: 55.75, lon: 37.62 }

export function readingsOf(sample: Sample, device: 'gps' | 'io', steady: number, wall: number): readonly Reading[] {
  const from = device === 'gps' ? GPS : IO
  const [readAt, steadyAt] = [instant(wall), millis(steady)]
  // The hottest line of a run: plain literals, no spreading.
  return sample.map(([name, capability, value]) =>
    value === undefined
      ? { device: from, name, capability, quality: 'bad', evidence: true, readAt, steadyAt }
      : { device: from, name, capability, value, quality: 'good', evidence: true, readAt, steadyAt },
  )
}

/** Sensors of one car with their noise, their delays and the fault that is in force. */
export function createSensors(world: World, vehicle: number, car: Car, relay: RelayBoard): Sensors {
  const fitting = fittingOf(vehicle)
  const draw = world.draw(`sensors-${vehicle}`)
  const latency = draw.between(60, 220)
  const [phaseNorth, phaseEast] = [draw.between(0, 6), draw.between(0, 6)]
  let held: { readonly since: number; readonly place: Place; readonly time: number } | undefined

  const io = (): Sample => {
    const ignition = world.sensorFault('ignition', vehicle)?.shape
    const motion = world.sensorFault('motion', vehicle)?.shape
    const relayFault = world.fault('relay', vehicle)?.shape
    const silent = relayFault === 'timeout' || (relayFault === 'crc' && draw.chance(0.5))
    const key = ignition === 'stuck-off' ? false : ignition === 'stuck-on' ? true : car.ignition()
    const told = silent || ignition === 'outage' ? undefined : key
    const moving = motion === 'stuck-still' ? false : motion === 'stuck-on' ? true : isShaken()
    return [
      // A battery is at rest in the eyes of a voltage threshold while a smart alternator pauses.
      ignition === 'voltage' ? ['ignition', 'supply.voltage', false] : ['ignition', 'ignition', told],
      ['drive', 'relay.drive', silent ? undefined : relay.register()],
      ...(fitting.motion ? [['motion', 'motion', silent || motion === 'outage' ? undefined : moving] as const] : []),
      ...(fitting.sense
        ? [['sense', 'relay.sense', silent ? undefined : relay.contact() === 'open' ? 'blocked' : 'free'] as const]
        : []),
    ]
  }
  const isShaken = (): boolean => car.speedAt(world.now()) > 0.05 || car.engine()

  const gnss = (): Sample => {
    const fault = world.sensorFault('gnss', vehicle)
    const shape = fault?.shape
    if (shape === 'outage') return fix(undefined, 0, 0)
    const late = shape === 'late' ? 1500 + ((fault?.at ?? 0) % 12_000) : 0
    const epoch = Math.floor((world.now() - latency - late) / 1000) * 1000
    if (shape !== 'held' && shape !== 'frozen') held = undefined
    const place = car.placeAt(epoch)
    const kmh = car.speedAt(epoch) * 3.6
    if (shape === 'frozen' || (shape === 'held' && car.ignition())) {
      held ??= { since: epoch, place, time: epoch }
      return fix(held.place, 0, shape === 'frozen' ? held.time : epoch)
    }
    if (shape === 'noise')
      return fix(aside(place, draw.between(-70, 70), draw.between(-70, 70)), draw.between(0, 9), epoch)
    if (shape === 'spoof') {
      const away = (world.now() - (fault?.at ?? 0)) / 50
      return fix(aside(place, 4000 + away, -3000), draw.between(0, 60), epoch)
    }
    return fix(place, shape === 'speed-zero' ? 0 : noisy(kmh), epoch)
  }
  const noisy = (kmh: number): number => Math.max(0, kmh + draw.between(-0.3, 0.3))
  const aside = ({ north, east }: Place, byNorth: number, byEast: number): Place => ({
    north: north + byNorth,
    east: east + byEast,
  })
  const wander = (t: number, phase: number): number => 1.5 * Math.sin(t / 40_000 + phase) + draw.between(-0.4, 0.4)

  const fix = (place: Place | undefined, kmh: number, epoch: number): Sample => [
    ['lat', 'position.lat', place && CENTRE.lat + (place.north + wander(epoch, phaseNorth)) / METRES_PER_DEGREE],
    [
      'lon',
      'position.lon',
      place && CENTRE.lon + (place.east + wander(epoch, phaseEast)) / (METRES_PER_DEGREE * 0.5628),
    ],
    ['time', 'position.time', place && START_OF_TIME + epoch],
    ['speed', 'position.speed', place && kmh],
    ['satellites', 'position.satellites', place && 9],
    ['accuracy', 'position.accuracy', place && 4],
  ]

  return { io, gnss, latency }
}
