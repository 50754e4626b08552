import { createHmac } from 'node:crypto'
import { z } from 'zod'
import type { GatewayId, VehicleId } from '#contract/ids.ts'
import { UnlockSecret } from '#contract/provisioning.ts'
import { counterBytes, digitsOf, UNLOCK_CODE_USED } from '#contract/unlock-code.ts'
import type { Actor, UnlockCodeGiven } from '../decisions/decision.ts'
import type { DecisionService } from '../decisions/decision-service.ts'
import type { ClaimAttempts } from '../fleet/claim-attempts.ts'
import type { Gateway } from '../fleet/gateway-registry.ts'
import type { CodeUsed } from '../holds/hold-wish.ts'
import { Fault } from '../http/fault.ts'
import type { JournalEntry } from '../ingest/journal-entry.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import { nextCode, spokenCode } from './next-code.ts'
import type { UnlockKeyStore } from './unlock-key-store.ts'
import type { UnlockStore } from './unlock-store.ts'

export type GivenCode = { readonly code: string; readonly counter: number }

export type UnlockService = {
  /** A new secret for a claiming gateway: in clear for its grant, sealed for the decision that keeps it. */
  newSecret(gateway: GatewayId): { readonly secret: UnlockSecret; readonly sealed: string }
  /**
   * The next one-time code of the gateway in this vehicle; its counter is durable before the code is answered.
   * Faults: vehicle/no-gateway, unlock/no-secret, request/too-many.
   */
  give(wish: CodeWish): Promise<GivenCode>
  /** Hears of a code that was used; any other record is none of its business. Told twice it changes nothing. */
  hear(entry: JournalEntry): Promise<void>
}

export type CodeWish = {
  readonly vehicleId: VehicleId
  readonly note: string
  readonly by: Actor
  /** The number that the gateway's own page shows, when somebody has read it out. */
  readonly shown?: number | undefined
}

type Deps = Pick<World, 'clock' | 'uuid' | 'log' | 'randomBytes'> & {
  readonly db: Db
  readonly decide: DecisionService['decide']
  readonly unlockStore: (db: Db) => UnlockStore
  readonly keys: UnlockKeyStore
  readonly limits: ClaimAttempts
  readonly gatewayOf: (vehicle: VehicleId) => Gateway | undefined
  readonly vehicleNow: (gateway: GatewayId) => VehicleId | undefined
  readonly codeUsed: (used: CodeUsed) => Promise<void>
  readonly changed: (vehicle: VehicleId) => void
}

const SECRET_BYTES = 20
const Used = z.object({ counter: z.int().min(0) })

export function createUnlockService(deps: Deps): UnlockService {
  const { clock, log, keys } = deps

  const give = async ({ vehicleId, note, by, shown }: CodeWish): Promise<GivenCode> => {
    const gateway = deps.gatewayOf(vehicleId)
    if (gateway?.state !== 'active') throw new Fault('vehicle/no-gateway')
    if (!deps.limits.mayTry(vehicleId, clock.steady())) throw new Fault('request/too-many')
    deps.limits.failed(vehicleId, clock.steady())
    const given = await deps.decide(async (db) => {
      const book = await deps.unlockStore(db).findLocked(gateway.id)
      if (book === undefined) throw new Fault('unlock/no-secret')
      const counter = nextCode(book, shown)
      const mac = createHmac('sha1', keys.open(book.sealed, gateway.id)).update(counterBytes(counter)).digest()
      const decision: UnlockCodeGiven = {
        kind: 'unlock-code-given',
        codeId: deps.uuid(),
        vehicleId,
        gatewayId: gateway.id,
        counter,
        note,
        by,
        at: clock.now(),
      }
      return { decisions: [decision], result: { code: spokenCode(digitsOf(mac)), counter } }
    })
    log.info({ vehicleId, gatewayId: gateway.id, counter: given.counter, by: by.name }, 'unlock-code.given')
    deps.changed(vehicleId)
    return given
  }

  const hear = async ({ gateway, record, stream, seq, receivedAt }: JournalEntry): Promise<void> => {
    if (record.kind !== 'event' || record.name !== UNLOCK_CODE_USED) return
    const used = Used.safeParse(record.data)
    const vehicleId = deps.vehicleNow(gateway)
    if (!used.success || vehicleId === undefined) return
    const { counter } = used.data
    log.info({ vehicleId, gatewayId: gateway, counter }, 'unlock-code.used')
    await deps.unlockStore(deps.db).keepUsed(gateway, counter, receivedAt)
    await deps.codeUsed({ vehicleId, at: record.at, heardAt: receivedAt, toldBy: `${gateway} ${stream} ${seq}` })
  }

  return {
    newSecret: (gateway) => {
      const bytes = deps.randomBytes(SECRET_BYTES)
      const secret = UnlockSecret.parse(Buffer.from(bytes).toString('base64url'))
      return { secret, sealed: keys.seal(bytes, gateway) }
    },
    give,
    hear,
  }
}
