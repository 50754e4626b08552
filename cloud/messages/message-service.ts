import type { VehicleId } from '#contract/ids.ts'
import { type EpochMs, later, minutes } from '#contract/instant.ts'
import type { DriverId } from '../drivers/driver.ts'
import type { DriverStore } from '../drivers/driver-store.ts'
import type { Phone } from '../drivers/phone.ts'
import type { Facts } from '../expressions/fact-type.ts'
import type { ParkId } from '../parks/park.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import type { MessageChannel, MessageFile } from './channel.ts'
import type { Told } from './delivery-callback.ts'
import { afterAsking, afterQuiet, afterTry, Channel, type Journey, MessageId, type Way, waysTo } from './message.ts'
import type { MessageRow, MessageStore } from './message-store.ts'
import { filled, type Template, type Templates } from './template.ts'

export type Addressee =
  | { readonly driverId: DriverId }
  /** A group of the house or a role of it. */
  | { readonly group: string }
  | { readonly phone: Phone; readonly driverId?: DriverId }

export type MessageWish = {
  /** Name of the template. */
  readonly message: string
  readonly to: Addressee
  readonly facts: Facts
  /** Instead of the policy's own order. */
  readonly via?: readonly string[] | undefined
  /** The same message again has the same key, and is not sent twice. */
  readonly key: string
  readonly vehicleId?: VehicleId | undefined
  readonly parkId?: ParkId | undefined
  /** Who wanted it said: the title of a rule, the name of a person. */
  readonly because?: string | undefined
  /** Already in words: for messages of processes, which have texts of their own. */
  readonly text?: string | undefined
  /** Ids of files that go with it. */
  readonly attach?: readonly string[] | undefined
}

export type MessageService = ReturnType<typeof createMessageService>

type Deps = Pick<World, 'clock' | 'uuid' | 'log'> & {
  readonly db: Db
  readonly messageStore: (db: Db) => MessageStore
  readonly driverStore: (db: Db) => Pick<DriverStore, 'find' | 'mainPhonesOf' | 'detailsOf'>
  readonly templates: Templates
  readonly channels: readonly MessageChannel[]
  /** demo: what no channel takes is shown only, and secrets with it. */
  readonly mode: 'demo' | 'production'
  /** `policy`, `links`, `support`: what every message may name. Within the transaction. */
  readonly context: (db: Db) => Promise<Facts>
  readonly changed: (vehicle: VehicleId) => void
  readonly filesOf: (ids: readonly string[]) => Promise<readonly MessageFile[]>
}

const AT_ONCE = 50
const CLAIM = minutes(2)
/** A call of last week is not the one that was made today. */
const CALLS_COUNT = minutes(3 * 24 * 60)
const UNKNOWN: Template = { title: '', text: '', when: 'any', proof: 'spared', secret: [] }
const HIDDEN = '••••••'

/** Messages: written into an outbox with the reason for them, then carried by the first channel that delivers. */
export function createMessageService(deps: Deps) {
  const { clock, log } = deps
  const reading = deps.messageStore(deps.db)
  const channels = new Map(deps.channels.map((channel) => [channel.id, channel]))

  const possible = (ways: readonly Way[]): readonly Way[] => {
    const known = ways.filter(({ channel }) => channels.has(channel))
    const [first] = ways
    // In the demo a message is shown rather than a person asked to call.
    return known.some(({ channel }) => channel !== 'call') || deps.mode !== 'demo'
      ? known
      : [{ channel: 'log', address: first?.address ?? '' }]
  }
  const targetsOf = async (
    db: Db,
    to: Addressee,
    order: readonly string[],
  ): Promise<readonly (Pick<MessageRow, 'toKind' | 'toName' | 'driverId' | 'parkId'> & { ways: readonly Way[] })[]> => {
    if ('phone' in to) {
      const ways = order.includes('sms') ? [{ channel: 'sms' as const, address: to.phone }] : []
      const driver = to.driverId === undefined ? undefined : await deps.driverStore(db).find(to.driverId)
      const known = { driverId: driver?.id ?? null, parkId: driver?.parkId ?? null }
      return [{ toKind: 'phone', toName: to.phone, ...known, ways: possible(ways) }]
    }
    if ('driverId' in to) {
      const drivers = deps.driverStore(db)
      const driver = await drivers.find(to.driverId)
      if (driver === undefined) throw new Error(`no driver ${to.driverId}`)
      const [phones, { channels: known }] = await Promise.all([
        drivers.mainPhonesOf([driver.id]),
        drivers.detailsOf([driver.id]),
      ])
      const ways = possible(waysTo({ phone: phones.get(driver.id), channels: known }, order))
      return [{ toKind: 'driver', toName: driver.id, driverId: driver.id, parkId: driver.parkId, ways }]
    }
    const group = await deps.messageStore(db).group(to.group)
    const head = { toKind: 'group' as const, toName: to.group, driverId: null, parkId: null }
    const ways: readonly Way[] = [
      ...(group?.phones ?? []).map((address) => ({ channel: 'sms' as const, address })),
      ...(group?.emails ?? []).map((address) => ({ channel: 'email' as const, address })),
    ]
    return ways.length === 0
      ? [{ ...head, ways: possible([]) }]
      : ways.map((way) => ({ ...head, ways: possible([way]) }))
  }
  const worded = (wish: MessageWish, template: Template, context: Facts) => {
    if (wish.text !== undefined) return { text: wish.text, shown: wish.text }
    const facts = { ...context, ...wish.facts }
    const text = filled(template.text, facts)
    if (template.secret.length === 0 || deps.mode === 'demo') return { text, shown: text }
    const hidden = template.secret.reduce((all, path) => all.replaceAll(`{{${path}}}`, HIDDEN), template.text)
    return { text, shown: filled(hidden, facts) }
  }

  /** Within the caller's transaction: the message is sent if and only if that commits. */
  const send = async (db: Db, wish: MessageWish): Promise<void> => {
    const now = clock.now()
    const template = deps.templates[wish.message] ?? UNKNOWN
    const context = await deps.context(db)
    const { text, shown } = worded(wish, template, context)
    const targets = await targetsOf(db, wish.to, wish.via ?? orderIn(context))
    for (const [index, { ways, ...target }] of targets.entries()) {
      const trouble = text === undefined || text === '' ? 'нечего сказать: не хватает сведений' : ''
      const dead = trouble !== '' ? 'failed' : ways.length === 0 ? 'no-channel' : undefined
      const dueAt = dead !== undefined ? null : template.when === 'day' ? afterQuiet(now, quietIn(context)) : now
      await deps.messageStore(db).insert({
        id: MessageId.parse(deps.uuid()),
        key: index === 0 ? wish.key : `${wish.key} #${index}`,
        kind: wish.message,
        text: text ?? '',
        shown: shown ?? '',
        ...target,
        parkId: target.parkId ?? wish.parkId ?? null,
        vehicleId: wish.vehicleId ?? null,
        ways,
        attach: wish.attach ?? [],
        proof: template.proof === 'needed',
        state: dead ?? 'queued',
        channel: null,
        address: null,
        providerId: null,
        attempts: 0,
        trouble,
        because: wish.because ?? '',
        createdAt: now,
        dueAt,
        sentAt: null,
        deliveredAt: null,
      })
    }
  }

  const settle = async (
    row: MessageRow,
    journey: Journey,
    more: Partial<Omit<MessageRow, 'attach'>>,
  ): Promise<void> => {
    const { ways, ...change } = journey
    const out = journey.dueAt === null && row.shown !== row.text ? { text: '' } : {}
    await reading.update(row.id, { ...change, ...more, ...out }, ways)
    if (journey.state !== row.state) {
      log.info({ messageId: row.id, kind: row.kind, channel: more.channel ?? row.channel }, `message.${journey.state}`)
      if (row.vehicleId !== null) deps.changed(row.vehicleId)
    }
  }
  const carry = async (row: MessageRow, stop: AbortSignal): Promise<void> => {
    const [way] = row.ways
    if (way === undefined) return settle(row, { ...row, dueAt: null, state: 'failed' }, {})
    const channel = channels.get(way.channel)
    const now = (): EpochMs => clock.now()
    if (row.state === 'queued') {
      const tried =
        way.channel === 'log'
          ? ({ outcome: 'delivered', providerId: null } as const)
          : channel === undefined
            ? ({ outcome: 'refused', why: 'this channel is not set up' } as const)
            : await channel.send(
                {
                  to: way.address,
                  text: row.text,
                  key: row.key,
                  driverId: row.driverId ?? undefined,
                  vehicleId: row.vehicleId ?? undefined,
                  files: channel.takes === 'files' ? await deps.filesOf(row.attach) : [],
                },
                stop,
              )
      const providerId = 'providerId' in tried ? tried.providerId : row.providerId
      return settle(row, afterTry(row, tried, now()), { channel: way.channel, address: way.address, providerId })
    }
    const told =
      channel?.ask === undefined || row.providerId === null
        ? 'unknown'
        : await channel.ask({ to: way.address, providerId: row.providerId }, stop)
    return settle(row, afterAsking(row, told, now()), {})
  }

  return {
    send,
    templates: deps.templates,
    list: reading.list,
    groups: reading.groups,
    saveGroup: reading.saveGroup,
    /** Tries what is due, and asks after what was sent. To be called often, by one instance. */
    deliver: async (stop: AbortSignal): Promise<void> => {
      while (!stop.aborted) {
        const now = clock.now()
        const due = await reading.claim(now, later(now, CLAIM), AT_ONCE)
        for (const row of due) await carry(row, stop)
        if (due.length < AT_ONCE) return
      }
    },
    /** A channel tells by itself what has become of a message; told again, or of none of ours, it changes nothing. */
    told: async (channel: Channel, { providerId, fate }: Told): Promise<'known' | 'unknown'> => {
      const row = await reading.ofProvider(channel, providerId)
      if (row === undefined) return 'unknown'
      const isNews = fate === 'delivered' ? row.state !== 'delivered' : fate === 'failed' && row.state === 'sent'
      if (isNews) await settle(row, afterAsking(row, fate, clock.now()), {})
      return 'known'
    },
    /** A person has said it to the driver: the calls that were asked for have been made. */
    saidByPerson: async (driverId: DriverId): Promise<void> => {
      const now = clock.now()
      for (const row of await reading.openCalls(driverId, later(now, -CALLS_COUNT)))
        await settle(row, afterAsking(row, 'delivered', now), {})
    },
    /** When a message of this kind reached the driver last, not before `since`; undefined when none is known to have. */
    deliveredSince: reading.deliveredSince,
    newestOf: reading.newestOf,
    forgetBefore: reading.forgetBefore,
  }
}

const DEFAULT_ORDER = ['max', 'sms', 'call'] as const

const policyIn = (context: Facts): Facts => {
  const policy = context['policy']
  return typeof policy === 'object' && policy !== null && !('length' in policy) ? { ...policy } : {}
}
const orderIn = (context: Facts): readonly string[] => {
  const order = policyIn(context)['messageChannels']
  const known = Array.isArray(order) ? order.flatMap((name) => Channel.safeParse(name).data ?? []) : []
  return known.length === 0 ? DEFAULT_ORDER : known
}
const hourIn = (value: Facts[string], otherwise: number): number => (typeof value === 'number' ? value : otherwise)
const quietIn = (context: Facts) => {
  const policy = policyIn(context)
  return { from: hourIn(policy['quietFromHour'], 0), to: hourIn(policy['quietToHour'], 6) }
}
