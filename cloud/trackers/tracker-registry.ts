import type { GatewayId, VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { TrackerLoginRow } from '../postgres/tracker-tables.ts'
import type { Tracker } from './tracker.ts'

/** Every login and tracker of the installation, held in memory, rebuilt from the tables. */
export type TrackerRegistry = {
  loginOf(secretHash: string): TrackerLoginRow | undefined
  login(name: string): TrackerLoginRow | undefined
  /** In use now. */
  find(login: string, device: string): Tracker | undefined
  ofLogin(login: string): readonly Tracker[]
  /** The vehicle it was registered for at that time; what it saw before or after is not the vehicle's. */
  vehicleOf(id: GatewayId, at: EpochMs): VehicleId | undefined
}

/** Pure. */
export function trackerRegistry(logins: readonly TrackerLoginRow[], trackers: readonly Tracker[]): TrackerRegistry {
  const byHash = new Map(logins.map((login) => [login.secretHash, login]))
  const byName = new Map(logins.map((login) => [login.login, login]))
  const inUse = trackers.filter(({ removedAt }) => removedAt === null)
  const byDevice = new Map(inUse.map((tracker) => [`${tracker.login}/${tracker.device}`, tracker]))
  const byId = new Map<string, Tracker>(trackers.map((tracker) => [tracker.id, tracker]))
  return {
    loginOf: (secretHash) => byHash.get(secretHash),
    login: (name) => byName.get(name),
    find: (login, device) => byDevice.get(`${login}/${device}`),
    ofLogin: (login) => inUse.filter((tracker) => tracker.login === login),
    vehicleOf: (id, at) => {
      const tracker = byId.get(id)
      if (tracker === undefined || at < tracker.createdAt) return undefined
      return tracker.removedAt === null || at < tracker.removedAt ? tracker.vehicleId : undefined
    },
  }
}
