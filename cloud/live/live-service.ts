import type { VehicleId } from '#contract/ids.ts'
import type { Millis } from '#contract/instant.ts'
import { millis, seconds } from '#contract/instant.ts'
import { createBell } from '../orders/bell.ts'
import type { World } from '../world.ts'
import { type Alert, type Backlog, createBacklog, eventText, type LiveMessage } from './live-message.ts'

/** One connected reader. */
export type LiveReader = {
  /** False when the reader is slow: then nothing more is written until `drained` is called. */
  write(text: string): boolean
  /** Whether the session of this reader still stands. */
  isWelcome(): Promise<boolean>
  end(): void
}

type Deps = {
  readonly world: Pick<World, 'clock' | 'log'>
  /** These vehicles as the REST API answers them, JSON by vehicle id; unknown ones are left out. */
  vehicleViews(vehicles: readonly VehicleId[]): Promise<ReadonlyMap<string, string>>
  /** The newest order of each of these vehicles, JSON by order id. */
  orderViews(vehicles: readonly VehicleId[]): Promise<ReadonlyMap<string, string>>
}

/** A fleet that starts at once is told in parts, so that a round stays short. */
const PER_ROUND = 1000
/** Cars speak each second, for ever; an order has a few steps in its whole life, and somebody waits for each. */
const ONCE_PER = { vehicle: seconds(1), order: millis(10) }
/** A reader who takes nothing for this long has gone without saying so. */
const PATIENCE: Millis = seconds(60)
export const MOST_READERS = 2000

type Seat = { readonly reader: LiveReader; readonly backlog: Backlog; fullSince: Millis | undefined }

export type LiveService = ReturnType<typeof createLiveService>

/** Tells every reader what changed, vehicles at most once a second, orders as they happen; a slow one gets the newest and never a queue. */
export function createLiveService({ world, vehicleViews, orderViews }: Deps) {
  const seats = new Set<Seat>()
  const dirty = { vehicle: new Set<VehicleId>(), order: new Set<VehicleId>() }
  const toldAt = new Map<string, Millis>()
  const bell = createBell<never>()

  const leave = (seat: Seat): void => {
    if (seats.delete(seat)) seat.reader.end()
  }

  const pour = (seat: Seat): void => {
    if (seat.fullSince !== undefined || seat.backlog.size === 0) return
    const text = seat.backlog.take().map(({ event, data }) => eventText(event, data))
    if (!seat.reader.write(text.join(''))) seat.fullSince = world.clock.steady()
  }

  const tell = (message: LiveMessage): void => {
    for (const seat of seats) seat.backlog.put(message)
  }

  /** Ids that may be told again by now; the others stay for a later round. */
  const due = (event: 'vehicle' | 'order'): readonly VehicleId[] => {
    const now = world.clock.steady()
    const ids = [...dirty[event]]
      .filter((id) => now - (toldAt.get(`${event} ${id}`) ?? -Infinity) >= ONCE_PER[event])
      .slice(0, PER_ROUND)
    for (const id of ids) {
      dirty[event].delete(id)
      toldAt.set(`${event} ${id}`, now)
    }
    return ids
  }

  const tellChanged = async (event: 'vehicle' | 'order', views: Deps['vehicleViews']): Promise<void> => {
    const ids = due(event)
    if (ids.length === 0) return
    try {
      for (const [key, data] of await views(ids)) tell({ event, key, data })
    } catch (err) {
      for (const id of ids) dirty[event].add(id)
      world.log.warn({ err, event }, 'live.view-failed')
    }
  }

  return {
    vehicleChanged: (vehicle: VehicleId): void => {
      dirty.vehicle.add(vehicle)
    },
    /** The newest order of this vehicle has changed, and with it the vehicle. */
    orderChanged: (vehicle: VehicleId): void => {
      dirty.vehicle.add(vehicle)
      dirty.order.add(vehicle)
      bell.ring()
    },
    alert: (alert: Alert): void => {
      tell({ event: 'alert', key: alert.id, data: JSON.stringify(alert) })
      bell.ring()
    },
    /** Rung when there is something to tell that should not wait for the next round. */
    bell,

    /** Undefined when the house is full. The answer says "drained" and "gone" for this reader. */
    join: (reader: LiveReader) => {
      if (seats.size >= MOST_READERS) return undefined
      const seat: Seat = { reader, backlog: createBacklog(), fullSince: undefined }
      seats.add(seat)
      return {
        drained: (): void => {
          seat.fullSince = undefined
          pour(seat)
        },
        gone: (): void => leave(seat),
      }
    },

    /** One round: reads what changed and is due, and writes it to every reader who keeps up. `orders`: those alone. */
    round: async (what: 'everything' | 'orders' = 'everything'): Promise<void> => {
      if (seats.size === 0) {
        // Whoever comes later asks for the whole state first.
        dirty.vehicle.clear()
        dirty.order.clear()
        toldAt.clear()
        return
      }
      // Orders first: somebody waits for each, and a fleet's worth of vehicles takes its time to read.
      await tellChanged('order', orderViews)
      for (const seat of seats) pour(seat)
      if (what === 'orders') return
      await tellChanged('vehicle', vehicleViews)
      for (const seat of seats) pour(seat)
    },

    /** Keeps idle connections open through proxies, and ends those of closed sessions and of readers long gone. */
    heartbeat: async (): Promise<void> => {
      const now = world.clock.steady()
      for (const seat of [...seats]) {
        const stuck = seat.fullSince !== undefined && now - seat.fullSince > PATIENCE
        if (stuck || !(await seat.reader.isWelcome().catch(() => true))) leave(seat)
        else if (seat.fullSince === undefined) seat.reader.write(': still here\n\n')
      }
      for (const [key, at] of toldAt) if (now - at > PATIENCE) toldAt.delete(key)
    },

    /** Something about an order waits to be told. */
    isBehind: (): boolean => dirty.order.size > 0,
    readers: (): number => seats.size,
    close: (): void => {
      for (const seat of [...seats]) leave(seat)
    },
  }
}
