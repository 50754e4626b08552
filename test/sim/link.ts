import type { Configuration } from '#contract/configuration.ts'
import type { GatewayId, StreamId } from '#contract/ids.ts'
import { millis } from '#contract/instant.ts'
import { parseTopic, upTopic } from '#contract/topics.ts'
import { publishable } from '../../cloud/broker/topic-access.ts'
import type { Connection } from '../../edge/outbox/records-message.ts'
import { createSendWindow } from '../../edge/outbox/send-window.ts'
import type { Gateway, OrderMessage } from './gateway.ts'
import type { OutboxBatch } from './outbox.ts'
import type { World } from './world.ts'

/** The cloud's end, as the broker sees it. */
export type CloudEnd = {
  isUp(): boolean
  /** Whether this certificate of the gateway counts. */
  admits(vehicle: number, serial: string): boolean
  connected(vehicle: number): void
  disconnected(vehicle: number): void
  /** `acknowledged` is the PUBACK. */
  accept(vehicle: number, batch: UpBatch, acknowledged: () => void): void
}

export type UpBatch = OutboxBatch & { readonly connectedSince: number; readonly boot: string }

export type Down =
  | { readonly order: OrderMessage }
  | { readonly configuration: Configuration }
  | { readonly stream: StreamId; readonly through: number }

export type Link = {
  /** Sends what is committed and not yet under way. */
  pump(): void
  covered(stream: StreamId, through: number): void
  /** The gateway's process is gone; the other end finds out in its time. */
  lost(): void
  /** The broker's process is gone. */
  reset(): void
  down(message: Down): void
  isConnected(): boolean
}

const [WINDOW, BACKLOG_WINDOW, BATCH] = [20, 6, 100]
const SILENCE_MS = 6 * 60_000
const OLD_BACKLOG_MS = 10 * 60_000
const BACKFILL_MS = 60_000
const KEEP_ALIVE_MS = 90_000

type Alive = { readonly id: number; readonly connection: Connection }

/** One gateway's way to the broker: a connection with delays, losses and partitions; the rules of `outbox-loop.ts` on top. */
export function createLink(
  world: Pick<World, 'draw' | 'now' | 'after' | 'fault' | 'sometimes' | 'trace'>,
  vehicle: number,
  gateway: Pick<
    Gateway,
    'id' | 'certificate' | 'isUp' | 'boot' | 'steady' | 'outboxes' | 'takeOrder' | 'takeConfiguration' | 'takeReceipt'
  >,
  cloud: CloudEnd,
): Link {
  const draw = world.draw(`link-${vehicle}`)
  let alive: Alive | undefined
  let ids = 0
  let attempts = 0
  const held: (() => void)[] = []
  let window = createSendWindow()
  let [lastUp, lastDown] = [0, 0]

  const direction = () => world.fault('link-down', vehicle)?.direction
  const blocked = (way: 'up' | 'down'): boolean => direction() === way || direction() === 'both'

  const connect = (): void => {
    attempts += 1
    const mine = attempts
    const pause = Math.min(60_000, 1000 * 2 ** Math.min(6, attempts)) * draw.between(0.5, 1)
    world.after(pause, () => {
      if (alive !== undefined || mine !== attempts) return
      if (!gateway.isUp() || direction() !== undefined || !cloud.isUp()) return connect()
      if (!cloud.admits(vehicle, gateway.certificate())) return connect()
      ids += 1
      attempts = 0
      alive = { id: ids, connection: { boot: gateway.boot(), since: millis(gateway.steady()) } }
      window = createSendWindow()
      world.trace(3, ids)
      separateBacklog(alive.connection)
      cloud.connected(vehicle)
      watch(ids)
      pump()
    })
  }
  /** Looks after the connection: silence in any direction ends it, and records are sent anew when receipts are missing. */
  const watch = (id: number): void =>
    world.after(20_000, () => {
      if (alive?.id !== id) return
      const fault = world.fault('link-down', vehicle)
      if (fault !== undefined && world.now() - fault.at > KEEP_ALIVE_MS) return drop()
      if (world.fault('broker', vehicle)?.shape === 'session-lost' && draw.chance(0.1)) return drop()
      const oldest = window.oldestAt()
      if (oldest !== undefined && gateway.steady() - oldest > SILENCE_MS) window.reset()
      for (const run of fault === undefined ? held.splice(0) : []) run()
      pump()
      watch(id)
    })
  const drop = (): void => {
    if (alive === undefined) return
    alive = undefined
    cloud.disconnected(vehicle)
    // What was in the pipe may still arrive, after the next connection has been made.
    for (const run of held.splice(0))
      if (draw.chance(0.5)) world.after(draw.pick([draw.between(0, 900), draw.between(1000, 30_000)]), run)
    connect()
  }

  function separateBacklog(connection: Connection): void {
    for (const outbox of gateway.outboxes()) {
      const live = outbox.streams().find(({ fresh }) => fresh === 'live')
      const oldest = live === undefined ? undefined : outbox.after(live.stream, 0, 1)?.records[0]
      if (oldest === undefined || oldest.record.kind !== 'frame') continue
      if (oldest.boot === connection.boot && oldest.steadyAt > connection.since - OLD_BACKLOG_MS) continue
      outbox.openStream()
    }
  }

  const pump = (): void => {
    if (alive === undefined || !gateway.isUp()) return
    for (const outbox of gateway.outboxes())
      for (const { stream, fresh } of outbox.streams().toReversed()) {
        const limit = fresh === 'live' ? WINDOW : BACKLOG_WINDOW
        while (window.inFlight() < limit) {
          const batch = outbox.after(stream, window.sentThrough(stream), BATCH)
          const last = batch?.records.at(-1)
          if (batch === undefined || last === undefined) break
          window.sent(stream, last.seq, millis(gateway.steady()))
          send(batch, alive)
        }
      }
  }

  const send = (batch: OutboxBatch, { id, connection }: Alive): void => {
    const since = connection.since - BACKFILL_MS
    const arrive = (): void => {
      if (alive?.id !== id && !draw.chance(0.5)) return
      const topic = upTopic(gateway.id, 'records')
      if (publishable({ kind: 'gateway', gateway: gateway.id }, topic) === undefined) return
      cloud.accept(vehicle, { ...batch, connectedSince: since, boot: connection.boot }, () => acknowledged(batch))
    }
    const once = (): void => {
      if (blocked('up')) return void held.push(arrive)
      lastUp = Math.max(lastUp + 1, world.now() + transit())
      world.after(lastUp - world.now(), arrive)
    }
    once()
    if (world.fault('broker', vehicle)?.shape === 'duplicates' || draw.chance(0.02)) {
      world.sometimes('a batch was sent twice')
      once()
    }
  }
  /** A PUBACK frees nothing: only a receipt lets the outbox forget. */
  const acknowledged = (_batch: OutboxBatch): void => {}

  const transit = (): number => draw.between(20, 200) + (draw.chance(0.03) ? draw.between(500, 3000) : 0)

  connect()
  return {
    pump,
    covered: (stream, through) => {
      window.covered(stream, through)
      pump()
    },
    lost: () => {
      const mine = alive?.id
      world.after(draw.between(0, 60_000), () => {
        if (alive?.id === mine) drop()
      })
    },
    reset: drop,
    isConnected: () => alive !== undefined,
    down: (message) => {
      const id = alive?.id
      if (id === undefined) return
      const arrive = (): void => {
        if (alive?.id !== id) {
          world.sometimes('a message down was lost')
          return
        }
        if ('order' in message) gateway.takeOrder(message.order)
        else if ('configuration' in message) gateway.takeConfiguration(message.configuration)
        else gateway.takeReceipt(message.stream, message.through)
      }
      if (blocked('down')) return void held.push(arrive)
      lastDown = Math.max(lastDown + 1, world.now() + transit())
      world.after(lastDown - world.now(), arrive)
    },
  }
}

/** Which gateway an up topic belongs to, for the oracle. */
export const ownerOf = (topic: string): GatewayId | undefined => {
  const parsed = parseTopic(topic)
  return parsed?.direction === 'up' || parsed?.direction === 'down' ? parsed.gateway : undefined
}
