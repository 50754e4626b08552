import type { CloudClient } from './cloud-client.ts'
import { Vehicle } from './vehicle.ts'
import { outsideSince, zoneExitOf } from './zone-exit.ts'

export type FeedTopic = 'vehicle' | 'order' | 'alert' | 'zone-exit'

type Deps = { readonly cloud: CloudClient; emit(topic: FeedTopic, payload: unknown): void }

/**
 * Turns the live feed into messages of a flow. The feed tells changes only, so at its `hello` all vehicles are read: what
 * happened while nobody listened comes then. The same thing may be told twice; each carries an id that stays the same.
 */
export function createFeedService({ cloud, emit }: Deps) {
  const lookedAt = new Map<string, string>()

  const tellVehicle = async (vehicle: Vehicle, stop: AbortSignal): Promise<void> => {
    emit('vehicle', vehicle)
    const since = outsideSince(vehicle)
    if (since === undefined || lookedAt.get(vehicle.id) === since) return
    const exit = zoneExitOf(vehicle, await cloud.timeline(vehicle.id, stop))
    if (exit !== undefined) emit('zone-exit', exit)
    lookedAt.set(vehicle.id, since)
  }

  return {
    /** Rejects when the cloud cannot be asked: then the feed is to be opened anew. */
    take: async (event: string, payload: unknown, stop: AbortSignal): Promise<void> => {
      if (event === 'hello') for await (const vehicle of cloud.vehicles(stop)) await tellVehicle(vehicle, stop)
      if (event === 'vehicle') await tellVehicle(Vehicle.parse(payload), stop)
      if (event === 'order' || event === 'alert') emit(event, payload)
    },
  }
}
