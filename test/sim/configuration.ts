import { type Configuration, DocumentHash, installationOf } from '#contract/configuration.ts'
import type { GatewayEvent } from '#contract/event.ts'
import type { GatewayId, VehicleId } from '#contract/ids.ts'
import type { Installation } from '#contract/installation.ts'
import type { GatewayRecord } from '#contract/record.ts'
import {
  type ConfigurationMemory,
  confirmed,
  firstMemory,
  judgeDocument,
  onTrial,
} from '../../edge/configuration/configuration.ts'
import { instant } from './world.ts'

/** What is on the state file of the configuration: written whole. */
export type ConfigurationFile = { memory: ConfigurationMemory }

const VERSION_DIGITS = 64
/** Of documents that differ by their version alone, the version tells them apart as well as a real hash. */
const hashOf = (version: number): DocumentHash => DocumentHash.parse(version.toString(16).padStart(VERSION_DIGITS, '0'))

const installationFor = (vehicleId: VehicleId): Installation => ({
  schema: 'kordon-installation/1',
  version: 1,
  vehicleId,
  devices: [],
})

export const emptyConfigurationFile = (vehicleId: VehicleId): ConfigurationFile => ({
  memory: firstMemory(installationFor(vehicleId), hashOf(1)),
})

/** The document of this version, as the cloud signs it. */
export function configurationFor(aud: GatewayId, vehicleId: VehicleId, version: number): Configuration {
  const { devices } = installationFor(vehicleId)
  return { schema: 'kordon-configuration/1', version, aud, issuedAt: instant(0), vehicleId, devices }
}

type Deps = {
  readonly file: ConfigurationFile
  readonly own: { readonly gatewayId: GatewayId; readonly vehicleId: VehicleId }
  readonly full: () => boolean
  readonly wall: () => number
  /** `stored` runs once it is on disk, and never where the disk refuses or the process ends before. */
  readonly keepEvent: (record: GatewayRecord, stored: () => void) => void
  /** Asked when what is in force is on disk and not yet told: true stops the process there. */
  readonly dies: (at: 'config-applied-before-ack') => boolean
}

/** The rules of `configuration.ts` in the order of `configuration-service.ts`: on disk first, then in force, then told. */
export function createSimulatedConfiguration({ file, own, full, wall, keepEvent, dies }: Deps) {
  /** Given to the outbox by this process. */
  const taken = new Set<GatewayEvent>()
  const save = (memory: ConfigurationMemory): void => {
    file.memory = memory
  }
  const appliedNow = ({ inForce: { version, hash, source } }: ConfigurationMemory): GatewayEvent => ({
    kind: 'event',
    name: 'config-applied',
    at: instant(wall()),
    data: { version, hash, errors: [], appliedVersion: version, appliedHash: hash, source },
  })
  const tellAll = (): void => {
    for (const one of file.memory.untold)
      if (!taken.has(one)) {
        taken.add(one)
        keepEvent(one, () => stored(one))
      }
  }
  /** The outbox stores in order: up to this one all are on its disk. */
  const stored = (last: GatewayEvent): void => {
    const { untold } = file.memory
    save({ ...file.memory, untold: untold.slice(untold.indexOf(last) + 1) })
  }
  const confirm = (): void => {
    const next = confirmed(file.memory)
    const applied = appliedNow(next)
    // Together with the change that it tells of: a power cut between the two loses neither.
    save({ ...next, untold: [...next.untold, applied] })
    if (dies('config-applied-before-ack')) return
    tellAll()
  }
  return {
    /** The process starts: what was not told is told. */
    start: () => {
      taken.clear()
      tellAll()
    },
    take: (document: Configuration): void => {
      if (full()) return
      const hash = hashOf(document.version)
      if (judgeDocument(file.memory, document, hash, own).judgement !== 'take') return
      save({ ...file.memory, waiting: { hash, document } })
    },
    /** From time to time: applies what waits as soon as it may be, and confirms it once the cloud is heard under it. */
    look: ({ idle, connected }: { readonly idle: boolean; readonly connected: boolean }): void => {
      if (full()) return
      const { lastGood, waiting } = file.memory
      if (!connected) return
      if (lastGood !== undefined) confirm()
      else if (waiting !== undefined && idle) save(onTrial(file.memory, installationOf(waiting.document)))
    },
    inForce: (): number => file.memory.inForce.version,
  }
}
