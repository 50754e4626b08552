import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { GatewayId, OrderSeq, Seq, StreamId, VehicleId } from '#contract/ids.ts'
import { epochMs, type Millis } from '#contract/instant.ts'
import { Order } from '#contract/order.ts'
import { ClaimGrant } from '#contract/provisioning.ts'
import { type GatewayRecord, parseRecord } from '#contract/record.ts'
import { type Configurations, createConfigurations } from '../../cloud/configurations/app.ts'
import { EVERY_ROLE, Role } from '../../cloud/http/access.ts'
import { createHttp } from '../../cloud/http/app.ts'
import { createIdempotencyStore } from '../../cloud/http/idempotency-store.ts'
import type { JournalEntry } from '../../cloud/ingest/journal-entry.ts'
import type { Alert } from '../../cloud/live/live-message.ts'
import type { Postgres } from '../../cloud/postgres/postgres-client.ts'
import { createSignerHouse } from '../../cloud/signer/app.ts'
import { DEFAULT_POLICY, type SignerPolicy } from '../../cloud/signer/signer-policy.ts'
import { createVehicles, type Vehicles } from '../../cloud/vehicles/app.ts'
import { APPROVERS_PARTY } from './approver-app.ts'
import { createManualClock, type ManualClock } from './manual-clock.ts'
import { shippedFields } from './shipped-fields.ts'
import { silentLog } from './silent-log.ts'

export type Published = { readonly topic: string; readonly payload: string; readonly retain: boolean }

export type Answer = Awaited<ReturnType<typeof inject>>
const inject = async (app: FastifyInstance, options: InjectOptions) => app.inject(options)

/** What the domain of vehicles needs around it, with a broker that only writes down what it was given. */
export type VehicleHouse = {
  readonly parts: Vehicles
  readonly configurations: Configurations
  readonly clock: ManualClock
  readonly app: FastifyInstance
  readonly published: Published[]
  readonly disconnected: GatewayId[]
  readonly changed: VehicleId[]
  readonly alerts: Alert[]
  /** When true the broker takes nothing. */
  brokerDown: boolean
  /** When true the signer does not answer. */
  signerDown: boolean
  /** The positions the ingest journal believes its projections have reached. */
  readonly cursors: Map<string, number>
  /** Stops the loops and closes; the database stays. */
  stop(): Promise<void>
  /** Runs the loops until their work is done. */
  settle(): Promise<void>
  /** Gives records to every projection, as the journal would. */
  tell(gateway: GatewayId, ...records: readonly object[]): Promise<readonly JournalEntry[]>
  give(entries: readonly JournalEntry[]): Promise<void>
  call(role: Role, method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, payload?: object): Promise<Answer>
}

type Options = {
  readonly dataDir: string
  readonly clock?: ManualClock
  readonly cursors?: Map<string, number>
  readonly policy?: SignerPolicy
}

export async function openVehicleHouse(postgres: Postgres, options: Options): Promise<VehicleHouse> {
  const clock = options.clock ?? createManualClock()
  const published: Published[] = []
  const disconnected: GatewayId[] = []
  const changed: VehicleId[] = []
  const alerts: Alert[] = []
  let sleeping = 0
  const world = {
    clock: {
      ...clock,
      sleep: async (length: Millis, stop: AbortSignal) => {
        sleeping += 1
        await clock.sleep(length, stop)
        sleeping -= 1
      },
    },
    log: silentLog,
    uuid: () => randomUUID(),
    randomBytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)),
  }
  const cursors = options.cursors ?? new Map<string, number>()
  const signer = createSignerHouse(
    {
      folder: join(options.dataDir, 'signer'),
      socketPath: join(options.dataDir, 'signer.sock'),
      socketMode: 0o600,
      policy: options.policy ?? DEFAULT_POLICY,
      party: APPROVERS_PARTY,
    },
    world,
  )
  const house = { brokerDown: false, signerDown: false }
  const reachable =
    <Args extends readonly unknown[], Answer>(ask: (...args: Args) => Promise<Answer>) =>
    async (...args: Args): Promise<Answer> => {
      if (house.signerDown) throw new Error('the signer is down')
      return ask(...args)
    }
  const parts = createVehicles({
    signer: {
      sign: reachable(signer.signer.sign),
      keys: reachable(signer.signer.keys),
      signConfiguration: reachable(signer.signer.signConfiguration),
      status: reachable(signer.signer.status),
      setSwitch: reachable(signer.signer.setSwitch),
      tighten: reachable(signer.signer.tighten),
      addApprover: reachable(signer.signer.addApprover),
      approve: reachable(signer.signer.approve),
      askPasskey: reachable(signer.signer.askPasskey),
      approveByPasskey: reachable(signer.signer.approveByPasskey),
      beginPasskey: reachable(signer.signer.beginPasskey),
      keepPasskey: reachable(signer.signer.keepPasskey),
      reach: () => (house.signerDown ? 'down' : 'up'),
    },
    accountOf: async (id) => ({ id, name: EVERY_ROLE[Number(id.slice(-2))] ?? 'nobody' }),
    db: postgres.db,
    inTransaction: postgres.inTransaction,
    lastKnownOf: async () => new Map(),
    zoneOf: async () => new Map(),
    leaseFactsOf: async () => new Map(),
    upkeepOf: async () => new Map(),
    settings: {
      dataDir: options.dataDir,
      hosts: [],
      brokerUrls: () => ({ certificate: 'mqtts://127.0.0.1:8883', password: 'mqtt://127.0.0.1:1883' }),
      zoneName: 'Москва и область',
      sheet: 'welcome',
    },
    world,
    publish: async (topic, payload, { retain }) => {
      if (house.brokerDown) throw new Error('the broker is down')
      published.push({ topic, payload: String(payload), retain })
    },
    relayTested: (vehicle) => configurations.relayTested(vehicle),
    decided: async () => {},
    disconnect: (gateway) => void disconnected.push(gateway),
    changed: (vehicle) => void changed.push(vehicle),
    alert: (alert) => void alerts.push(alert),
  })
  const configurations = createConfigurations({
    db: postgres.db,
    world,
    fleet: parts.fleet,
    sign: reachable(signer.signer.signConfiguration),
    publish: async (topic, payload, { retain }) => {
      if (house.brokerDown) throw new Error('the broker is down')
      published.push({ topic, payload: String(payload), retain })
    },
  })
  await parts.open({
    cursor: (name) => cursors.get(name) ?? 0,
    moveCursor: (name, position) => void cursors.set(name, position),
  })
  const stop = new AbortController()
  const running = [...Object.values(parts.sole), ...parts.loops, configurations.loop].map((loop) => loop(stop.signal))
  /** Every loop has done what there was and waits for its time. */
  const atRest = async () => {
    do await new Promise((done) => setImmediate(done))
    while (sleeping !== running.length)
  }
  const app = await createHttp({
    version: '0.0.0',
    ownOrigins: [],
    trustedProxies: [],
    requestsPerMinute: 100_000,
    consoleDir: join(options.dataDir, 'no-console'),
    world,
    answers: createIdempotencyStore(postgres.db),
    findCaller: async ({ bearer }) => {
      const role = Role.safeParse(bearer)
      if (!role.success) return null
      const id = `00000000-0000-4000-8000-${String(EVERY_ROLE.indexOf(role.data)).padStart(12, '0')}`
      return { id, login: role.data, name: role.data, role: role.data, by: 'token', parks: 'all' }
    },
    rights: { mayAct: async () => true, secondFactorToBlock: async () => 'off', fieldsOf: shippedFields },
    witness: async () => {},
    reach: parts.reach,
    outOfSight: async () => [],
    routes: [...parts.routes, configurations.routes],
  })
  let position = 0
  const give = async (entries: readonly JournalEntry[]) => {
    for (const projection of [...parts.projections, configurations.projection]) {
      await projection.apply(entries)
      cursors.set(projection.name, entries.at(-1)?.position ?? 0)
    }
  }
  return Object.assign(house, {
    parts,
    configurations,
    clock,
    app,
    published,
    disconnected,
    changed,
    alerts,
    cursors,
    stop: async () => {
      stop.abort()
      await Promise.all(running)
      await app.close()
      parts.close()
      await signer.close()
    },
    settle: async () => {
      for (let round = 0; round < 2; round += 1) {
        await atRest()
        await clock.advance(5000)
      }
      await atRest()
    },
    tell: async (gateway: GatewayId, ...records: readonly object[]) => {
      const entries = records.map((candidate): JournalEntry => {
        position += 1
        const seq = Seq.parse(position)
        return { position, gateway, stream: STREAM, seq, receivedAt: clock.now(), record: recordOf(candidate) }
      })
      await give(entries)
      return entries
    },
    give,
    call: (role: Role, method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, payload?: object) => {
      const options = { method, url, headers: { authorization: `Bearer ${role}` } }
      return inject(app, payload === undefined ? options : { ...options, payload })
    },
  })
}

const STREAM = StreamId.parse('3f0f7b0e-2b7a-4f0e-8a55-0d1f4d6c2a11')

function recordOf(candidate: object): GatewayRecord {
  const parsed = parseRecord(candidate)
  if ('refused' in parsed) throw new Error(parsed.refused)
  return parsed.record
}

/** A vehicle with a gateway that has claimed its identity by password; sealed unless told otherwise. */
export async function fittedVehicle(house: VehicleHouse, plate = 'А001АА77', seal: 'sealed' | 'unsealed' = 'sealed') {
  const vehicle = VehicleId.parse(
    (await house.call('technician', 'POST', '/api/vehicles', { plate, model: 'Haval' })).json().id,
  )
  const added = (await house.call('technician', 'POST', '/api/gateways', { vehicleId: vehicle })).json()
  const claimed = await house.app.inject({
    method: 'POST',
    url: '/api/gateways/claim',
    payload: { code: added.claimCode },
  })
  const grant = ClaimGrant.parse(claimed.json())
  const gateway = GatewayId.parse(added.id)
  if (seal === 'sealed')
    await house.call('technician', 'POST', `/api/gateways/${gateway}/commissioning`, { note: 'ok' })
  return { vehicle, gateway, grant }
}

/** The claims of a published order, its signature left to its own test. */
export function claimsOf(payload: string): Order {
  const [, claims = ''] = payload.split('.')
  return Order.parse(JSON.parse(Buffer.from(claims, 'base64url').toString()))
}

/** What the gateway says about an order. */
export const reportOf = (order: Order, state: string, relay: 'open' | 'closed', at: number, reason?: string) => ({
  kind: 'report',
  orderId: order.orderId,
  orderSeq: OrderSeq.parse(order.seq),
  state,
  relay,
  evidence: { speedKmh: 0 },
  at: epochMs(at),
  ...(reason === undefined ? {} : { reason }),
})

export const frameOf = (relay: 'open' | 'closed' | 'unknown', readAt: number, more: object = {}) => ({
  kind: 'frame',
  readAt: epochMs(readAt),
  timeQuality: 'gnss',
  fix: 'none',
  gnssTrust: 'ok',
  relay,
  ...more,
})
