import { createHash, timingSafeEqual } from 'node:crypto'
import { type GatewayId, Seq, StreamId, type VehicleId } from '#contract/ids.ts'
import { type EpochMs, minutes } from '#contract/instant.ts'
import type { GatewayRecord } from '#contract/record.ts'
import { createFirstTime } from '../broker/first-time.ts'
import { Fault } from '../http/fault.ts'
import type { JournalStore } from '../ingest/journal-store.ts'
import type { World } from '../world.ts'
import { readOwntracks } from './owntracks.ts'
import { readForwarded } from './traccar.ts'
import { type Tracker, type TrackerId, type TrackerKind, trackerIdFrom } from './tracker.ts'
import { type TrackerRegistry, trackerRegistry } from './tracker-registry.ts'
import type { TrackerStore } from './tracker-store.ts'

export type TrackerCount = 'records' | 'repeated' | 'unregistered' | 'wrong-secret' | 'unreadable'
/** `nothing`: well-formed, and nothing to store. `unreadable`: in quarantine, with the reason. */
export type Taken =
  | { readonly state: 'stored' | 'nothing' | 'unregistered' }
  | { readonly state: 'unreadable'; readonly reason: string }

export type AddTracker = {
  readonly kind: TrackerKind
  readonly login: string
  readonly device: string
  readonly vehicleId: VehicleId
  readonly by: string
}

export type TrackerService = {
  /** Reads the registry; to be called before anything else, and again now and then for the words of other instances. */
  refresh(): Promise<void>
  vehicleOf(id: GatewayId, at: EpochMs): VehicleId | undefined
  checkPassword(login: string, password: string): Promise<boolean>
  /** The login whose secret this is. */
  loginOf(secret: string): { readonly login: string; readonly kind: TrackerKind } | undefined
  trackersOf(login: string): readonly Tracker[]
  /** Resolves after the record is durable, to what became of it; rejects when it could not be made durable. */
  take(login: string, device: string, payload: Uint8Array): Promise<Taken>
  /** `secret` is null when the login was there before. Faults: vehicle/unknown, tracker/taken, tracker/login-kind. */
  add(wish: AddTracker): Promise<{ readonly tracker: Tracker; readonly secret: string | null }>
  /** Faults: tracker/unknown. */
  newSecret(login: string): Promise<string>
  /** Faults: tracker/unknown. */
  remove(id: string, by: string): Promise<void>
}

type Deps = World & {
  readonly store: TrackerStore
  readonly journal: Pick<JournalStore, 'append' | 'setAside'>
  vehicleExists(vehicle: VehicleId): Promise<boolean>
  count(what: TrackerCount, by: number): void
}

type Numbering = { readonly stream: StreamId; next: number; turn: Promise<unknown> }

const SECRET_BYTES = 32
const BACKFILL_AFTER = minutes(10)
const HEARD_EVERY = minutes(1)
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Third-party trackers: who they are, and their words on the way into the journal. */
export function createTrackerService(deps: Deps): TrackerService {
  const { store, journal, clock, log, count } = deps
  let registry: TrackerRegistry = trackerRegistry([], [])
  const numberings = new Map<TrackerId, Numbering>()
  const heardAt = new Map<TrackerId, EpochMs>()
  const firstTime = createFirstTime()

  const refresh = async (): Promise<void> => {
    registry = trackerRegistry(await store.logins(), await store.trackers())
  }
  const refuse = async (login: string, device: string): Promise<Taken> => {
    count('unregistered', 1)
    if (firstTime(`${login}/${device}`)) log.warn({ login, device }, 'tracker.unregistered')
    await store.refused(login, storableName(device), clock.now())
    return { state: 'unregistered' }
  }

  /**
   * A stream of its own for each start of this process: a number is never given twice, whatever the database forgets. The
   * number is taken only when the message is new; one tracker's messages go one after another.
   */
  const append = (id: TrackerId, record: GatewayRecord, digest: string): Promise<void> => {
    const numbering = numberings.get(id) ?? { stream: StreamId.parse(deps.uuid()), next: 1, turn: Promise.resolve() }
    numberings.set(id, numbering)
    const turn = numbering.turn.then(async () => {
      const wish = { stream: numbering.stream, seq: Seq.parse(numbering.next) }
      const receivedAt = clock.now()
      // Taken before it is asked for: where the answer is lost the number may have been given, and stays a hole.
      numbering.next += 1
      const { stream, seq } = await store.place(id, digest, wish, receivedAt)
      if (stream !== wish.stream || seq !== wish.seq) numbering.next -= 1
      const range = { from: seq, to: seq }
      const { stored } = await journal.append({
        ...{ gateway: id, receivedAt, stream, range, items: [{ seq, record }], declared: [] },
      })
      count(stored > 0 ? 'records' : 'repeated', 1)
    })
    numbering.turn = turn.catch(() => {})
    return turn
  }

  const hear = async ({ id }: Tracker, online: boolean | undefined): Promise<void> => {
    const now = clock.now()
    const last = heardAt.get(id)
    if (online !== false && last !== undefined && now - last < HEARD_EVERY) return
    heardAt.set(id, now)
    await store.heard(id, now, online ?? null)
  }

  return {
    refresh,
    vehicleOf: (id, at) => registry.vehicleOf(id, at),
    checkPassword: async (login, password) => {
      const known = registry.login(login)
      const hash = Buffer.from(known?.secretHash ?? sha256(''), 'hex')
      const right = timingSafeEqual(Buffer.from(sha256(password), 'hex'), hash) && known !== undefined
      if (!right) count('wrong-secret', 1)
      return right
    },
    loginOf: (secret) => {
      const known = registry.loginOf(sha256(secret))
      if (known === undefined) count('wrong-secret', 1)
      return known
    },
    trackersOf: (login) => registry.ofLogin(login),
    take: async (login, device, payload) => {
      const tracker = registry.find(login, device)
      if (tracker === undefined) return refuse(login, device)
      const message = tracker.kind === 'owntracks' ? readOwntracks(payload) : readForwarded(payload)
      switch (message.kind) {
        case 'nothing':
          return { state: 'nothing' }
        case 'refused': {
          const unreadable = { reason: message.reason, bytes: payload }
          await journal.setAside({ gateway: tracker.id, receivedAt: clock.now(), unreadable })
          count('unreadable', 1)
          if (firstTime(`${tracker.id} ${message.reason}`))
            log.warn({ trackerId: tracker.id, reason: message.reason }, 'tracker.unreadable')
          return { state: 'unreadable', reason: message.reason }
        }
        case 'record': {
          await append(tracker.id, lateMarked(message.record, clock.now()), sha256(JSON.stringify(message.record)))
          await hear(tracker, message.online)
          return { state: 'stored' }
        }
        default:
          return message satisfies never
      }
    },
    add: async ({ kind, login, device, vehicleId, by }) => {
      if (!(await deps.vehicleExists(vehicleId))) throw new Fault('vehicle/unknown')
      const createdAt = clock.now()
      const secret = Buffer.from(deps.randomBytes(SECRET_BYTES)).toString('base64url')
      const made = await store.addLogin({ login, kind, secretHash: sha256(secret), createdAt, createdBy: by })
      await refresh()
      if (registry.login(login)?.kind !== kind) throw new Fault('tracker/login-kind')
      const id = trackerIdFrom(deps.randomBytes(16))
      if (!(await store.add({ id, login, device, vehicleId, createdAt, createdBy: by })))
        throw new Fault('tracker/taken')
      await refresh()
      const tracker = await store.find(id)
      if (tracker === undefined) throw new Error('the tracker just made is not there')
      log.info({ trackerId: id, kind, vehicleId, by }, 'tracker.added')
      return { tracker, secret: made ? secret : null }
    },
    newSecret: async (login) => {
      const secret = Buffer.from(deps.randomBytes(SECRET_BYTES)).toString('base64url')
      if (!(await store.changeSecret(login, sha256(secret)))) throw new Fault('tracker/unknown')
      await refresh()
      return secret
    },
    remove: async (id, by) => {
      const tracker = await store.find(id)
      if (tracker === undefined || tracker.removedAt !== null) throw new Fault('tracker/unknown')
      await store.remove(tracker.id, by, clock.now())
      await refresh()
      log.info({ trackerId: tracker.id, vehicleId: tracker.vehicleId, by }, 'tracker.removed')
    },
  }
}

/** A database knows no U+0000 and no half of a surrogate pair. */
const storableName = (device: string): string => device.replaceAll('\0', '\uFFFD').toWellFormed()

/** What was read long before it came was kept by the device meanwhile: it belongs to history and never moves "now". */
const lateMarked = (record: GatewayRecord, now: EpochMs): GatewayRecord =>
  record.kind === 'frame' && now - record.readAt > BACKFILL_AFTER ? { ...record, backfill: true } : record
