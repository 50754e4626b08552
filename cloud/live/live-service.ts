import { VehicleId } from '#contract/ids.ts'
import type { Millis } from '#contract/instant.ts'
import { millis, seconds } from '#contract/instant.ts'
import type { ParksInSight } from '../http/access.ts'
import { createBell } from '../orders/bell.ts'
import { isInSight } from '../parks/park.ts'
import type { World } from '../world.ts'
import {
  type Alert,
  type Backlog,
  createBacklog,
  eventText,
  type LiveMessage,
  type LiveView,
  type Screen,
} from './live-message.ts'

/** Which parks, and a vehicle without what the role may not see of it; no veil where that is nothing. */
export type Sight = { readonly parks: ParksInSight; readonly veil: Veil | undefined }
/** One name for everybody whose veil is the same, so that each vehicle is veiled once for all of them. */
export type Veil = { readonly name: string; over(data: string): string }

/** One connected reader. */
export type LiveReader = {
  /** Whose browser it is. */
  readonly account?: string
  /** False when the reader is slow: then nothing more is written until `drained` is called. */
  write(text: string): boolean
  /** What this reader sees by now; undefined when its session does not stand any more. */
  sight(): Promise<Sight | undefined>
  end(): void
}

type Deps = {
  readonly world: Pick<World, 'clock' | 'log'>
  /** These vehicles as the REST API answers them, as JSON; unknown ones are left out. */
  vehicleViews(vehicles: readonly VehicleId[]): Promise<readonly LiveView[]>
  /** The newest order of each of these vehicles. */
  orderViews(vehicles: readonly VehicleId[]): Promise<readonly LiveView[]>
  /** In which park each of these stands; asked only while there are readers who do not see all. */
  parksOf(vehicles: readonly VehicleId[]): Promise<ReadonlyMap<string, string>>
}

/** A fleet that starts at once is told in parts, so that a round stays short. */
const PER_ROUND = 1000
/** Alerts between two rounds; more at once than anybody reads. */
const MOST_WAITING = 2000
/** Cars speak each second, for ever; an order has a few steps in its whole life, and somebody waits for each. */
const ONCE_PER = { vehicle: seconds(1), order: millis(10) }
/** A reader who takes nothing for this long has gone without saying so. */
const PATIENCE: Millis = seconds(60)
export const MOST_READERS = 2000

type Seat = {
  readonly reader: LiveReader
  readonly backlog: Backlog
  sight: Sight
  fullSince: Millis | undefined
}

export type LiveService = ReturnType<typeof createLiveService>

/** Tells every reader what changed, vehicles at most once a second, orders as they happen; a slow one gets the newest and never a queue. */
export function createLiveService({ world, vehicleViews, orderViews, parksOf }: Deps) {
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

  const alerts: Alert[] = []

  /** Everybody hears of what stands in a park in sight; of what stands nowhere only those hear who see all. */
  const tell = async (event: LiveMessage['event'], views: readonly LiveView[]): Promise<void> => {
    const someDoNotSeeAll = [...seats].some((seat) => seat.sight.parks !== 'all')
    const ids = views.flatMap(({ vehicleId }) => VehicleId.safeParse(vehicleId).data ?? [])
    const parks = someDoNotSeeAll ? await parksOf(ids) : new Map<string, string>()
    const done = new Map<string, string>()
    const veiled = (veil: Veil | undefined, key: string, data: string): string => {
      if (veil === undefined) return data
      const name = `${veil.name} ${key}`
      const text = done.get(name) ?? veil.over(data)
      done.set(name, text)
      return text
    }
    for (const seat of seats)
      for (const { key, vehicleId, data } of views)
        if (isInSight(seat.sight.parks, parks.get(vehicleId) ?? ''))
          seat.backlog.put({ event, key, data: event === 'vehicle' ? veiled(seat.sight.veil, key, data) : data })
  }

  const tellAlerts = async (): Promise<void> => {
    const news = alerts.splice(0)
    if (news.length === 0) return
    const views = news.map((alert) => ({ key: alert.id, vehicleId: alert.vehicleId, data: JSON.stringify(alert) }))
    try {
      await tell('alert', views)
    } catch (err) {
      alerts.unshift(...news)
      throw err
    }
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
      await tell(event, await views(ids))
    } catch (err) {
      for (const id of ids) dirty[event].add(id)
      world.log.warn({ err, event }, 'live.view-failed')
    }
  }

  return {
    /** A card or its tasks have changed: readers ask for it by its id, each by what he may see. */
    cardChanged: (card: {
      readonly id: string
      readonly pipeline: string
      readonly stage: string
      readonly version: number
      readonly tasks: number
    }): void => {
      const data = JSON.stringify(card)
      for (const seat of seats) {
        seat.backlog.put({ event: 'card', key: card.id, data })
        seat.backlog.put({ event: 'task', key: card.id, data: JSON.stringify({ card: card.id, open: card.tasks }) })
      }
      bell.ring()
    },
    /** Opens a form in the browsers of these people, and of nobody else. */
    screen: ({ open, card, people }: Screen): void => {
      for (const seat of seats)
        if (seat.reader.account !== undefined && people.includes(seat.reader.account))
          seat.backlog.put({ event: 'screen', key: card, data: JSON.stringify({ open, card }) })
      bell.ring()
    },
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
      alerts.push(alert)
      if (alerts.length > MOST_WAITING) alerts.shift()
      bell.ring()
    },
    /** Rung when there is something to tell that should not wait for the next round. */
    bell,

    /** Undefined when the house is full. The answer says "drained" and "gone" for this reader. */
    join: (reader: LiveReader, sight: Sight) => {
      if (seats.size >= MOST_READERS) return undefined
      const seat: Seat = { reader, backlog: createBacklog(), sight, fullSince: undefined }
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
        alerts.length = 0
        toldAt.clear()
        return
      }
      // Orders first: somebody waits for each, and a fleet's worth of vehicles takes its time to read.
      await tellAlerts()
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
        const sight = await seat.reader.sight().catch(() => seat.sight)
        if (sight !== undefined) seat.sight = sight
        if (stuck || sight === undefined) leave(seat)
        else if (seat.fullSince === undefined) seat.reader.write(': still here\n\n')
      }
      for (const [key, at] of toldAt) if (now - at > PATIENCE) toldAt.delete(key)
    },

    /** Something about an order waits to be told. */
    isBehind: (): boolean => dirty.order.size > 0 || alerts.length > 0,
    readers: (): number => seats.size,
    close: (): void => {
      for (const seat of [...seats]) leave(seat)
    },
  }
}
