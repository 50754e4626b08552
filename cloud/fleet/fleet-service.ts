import { createHash, timingSafeEqual } from 'node:crypto'
import type { CommissioningSheet } from '#contract/commissioning.ts'
import { GatewayId, VehicleId } from '#contract/ids.ts'
import { type EpochMs, later, type Millis, millis, seconds } from '#contract/instant.ts'
import type {
  ClaimCode,
  ClaimGrant,
  ClaimRequest,
  RenewalGrant,
  SignerKey,
  UnlockSecret,
} from '#contract/provisioning.ts'
import type { GatewayStatus } from '#contract/receipt.ts'
import type { Credentials } from '../broker/broker.ts'
import type { SessionEnd } from '../broker/departures.ts'
import type { Decision } from '../decisions/decision.ts'
import type { DecisionService } from '../decisions/decision-service.ts'
import { Fault } from '../http/fault.ts'
import type { ParkId } from '../parks/park.ts'
import type { Pki, ReadCsr } from '../pki/pki-service.ts'
import type { ReadRenewal, ReadSheet } from '../pki/report-proof-client.ts'
import type { VehicleRow } from '../postgres/fleet-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import type { ClaimAttempts } from './claim-attempts.ts'
import { CLAIM_CODE_BYTES, claimCodeFrom, GATEWAY_NAME_BYTES, gatewayNameFrom } from './claim-code.ts'
import {
  type ConnectionStatus,
  type Gateway,
  type GatewayRegistry,
  gatewayRegistry,
  type RetiredCertificate,
} from './gateway-registry.ts'
import type { GatewayStore } from './gateway-store.ts'
import { otherCar } from './sheet-marks.ts'
import { createStatusWords, type StatusWord } from './status-words.ts'
import type { VehicleStore } from './vehicle-store.ts'

export type IssuedCode = { readonly claimCode: ClaimCode; readonly claimExpiresAt: EpochMs }

export type FleetService = Credentials & {
  /** Reads the registry; to be called before anything else, and again now and then for the words of other instances. */
  refresh(): Promise<void>
  /** The registry was changed beside this service: reads it, and has the other instances read it too. */
  refreshEverywhere(): Promise<void>
  /** From memory: the vehicle a record read at `at` belongs to. */
  vehicleOf(gateway: GatewayId, at: EpochMs): VehicleId | undefined
  vehicleNow(gateway: GatewayId): VehicleId | undefined
  /** From memory: the gateway in service in this vehicle, or the newest one meant for it. */
  gatewayOf(vehicle: VehicleId): Gateway | undefined
  gateways(): readonly Gateway[]
  /** Faults: vehicle/plate-taken, vehicle/vin-taken. */
  addVehicle(wish: NewVehicle): Promise<VehicleRow>
  /** Faults: vehicle/unknown, gateway/vehicle-taken unless `replaces` names the gateway that is in the vehicle. */
  addGateway(wish: AddGateway): Promise<IssuedCode & { readonly gateway: Gateway }>
  /** Voids earlier codes. Faults: gateway/unknown, gateway/revoked. */
  issueCode(gateway: GatewayId, by: string): Promise<IssuedCode>
  /** Faults: claim/wrong-code (whatever is wrong with the code), claim/bad-csr, request/too-many. */
  claim(request: ClaimRequest, address: string): Promise<ClaimGrant>
  /**
   * A next certificate for a next key, on a request that the gateway signed with its present one. Faults:
   * renewal/refused (whatever is wrong with it), claim/bad-csr.
   */
  renew(request: string): Promise<RenewalGrant>
  /** Certificates that count no more, for lists of revoked ones. */
  retired(): readonly RetiredCertificate[]
  /** With the sheet that the gateway signed, if it comes along. Faults: gateway/unknown, gateway/revoked,
   * gateway/not-active, sheet/refused, sheet/other-car. */
  seal(wish: SealWish): Promise<Gateway>
  /** Ends its connection too. Faults: gateway/unknown, gateway/revoked. */
  revoke(gateway: GatewayId, by: string): Promise<Gateway>
  onStatus(gateway: GatewayId, status: GatewayStatus): Promise<void>
  /** Sessions that ended without a word of their own: whoever was not known to be offline is, from then on. */
  onEnded(ends: readonly SessionEnd[]): Promise<void>
  /**
   * Who was online is unknown now. For a start with the embedded broker: it lost every session and every retained status
   * with the process, so a gateway that went away meanwhile would be shown online for ever.
   */
  forgetOnline(): Promise<void>
}

export type NewVehicle = {
  readonly plate: string
  readonly model: string
  readonly parkId: ParkId
  readonly vin?: string | undefined
}

export type SealWish = {
  readonly gateway: GatewayId
  readonly by: string
  readonly note: string
  readonly sheet?: string | undefined
}

export type AddGateway = {
  readonly vehicleId: VehicleId
  readonly replaces?: GatewayId | undefined
  readonly by: string
}

type Deps = World & {
  readonly db: Db
  readonly decide: DecisionService['decide']
  readonly gatewayStore: (db: Db) => GatewayStore
  readonly vehicleStore: (db: Db) => VehicleStore
  readonly attempts: ClaimAttempts
  readonly pki: Pick<Pki, 'readCsr' | 'sign'>
  readonly caPem: () => string
  /** Whether a word without a sheet seals too: for the demo, whose cars nobody can walk up to. */
  readonly sheet: 'needed' | 'welcome'
  readonly readSheet: ReadSheet
  readonly readRenewal: ReadRenewal
  readonly signerKeys: () => Promise<readonly SignerKey[]>
  /** For one-time codes: in clear for the grant, sealed for the decision that keeps it. */
  readonly newUnlockSecret: (gateway: GatewayId) => { readonly secret: UnlockSecret; readonly sealed: string }
  /** Where gateways connect: with a certificate, or with a password on loopback. */
  readonly brokerUrls: () => { readonly certificate: string; readonly password: string }
  readonly claimCodeLifetime: Millis
  readonly disconnect: (gateway: GatewayId) => void
  readonly changed: (vehicle: VehicleId) => void
  /** The other instances have to read the registry again. */
  readonly registryChanged: () => void
}

const PASSWORD_BYTES = 32
/** Whoever is unknown here is looked for no sooner than this after the last look. */
const LOOK_AGAIN: Millis = seconds(1)
const sha256 = (text: string | Uint8Array): Buffer => createHash('sha256').update(text).digest()

export function createFleetService(deps: Deps): FleetService {
  const { clock, log, decide, randomBytes } = deps
  let registry: GatewayRegistry = gatewayRegistry([], [])

  let refreshing: Promise<unknown> = Promise.resolve()
  const words = createStatusWords((all) => deps.gatewayStore(deps.db).keepStatuses(all, clock.now()))
  const wordOf = (gatewayId: GatewayId, status: ConnectionStatus): StatusWord => ({
    gatewayId,
    vehicleId: registry.vehicleNow(gatewayId) ?? null,
    ...status,
  })
  /** Words that a reading of the table which has begun may not see: not written at its beginning, or heard since. */
  let unread = new Map<GatewayId, StatusWord>()
  const keepWords = async (heard: readonly StatusWord[]): Promise<void> => {
    for (const word of heard) {
      const { gatewayId, vehicleId: _, ...status } = word
      registry.setStatus(gatewayId, status)
      unread.set(gatewayId, word)
    }
    await words.keep(heard)
    for (const { gatewayId, vehicleId, online, software } of heard) {
      log.info({ gatewayId, vehicleId, online, software }, 'gateway.status')
      if (vehicleId !== null) deps.changed(vehicleId)
    }
  }

  const readRegistry = async (): Promise<void> => {
    const before = registry
    unread = new Map(words.unwritten().map((word) => [word.gatewayId, word]))
    registry = await deps.gatewayStore(deps.db).registry()
    for (const { gatewayId, vehicleId: _, ...status } of unread.values()) {
      // Another instance may have heard something since.
      const isOlder = status.statusAt < (registry.find(gatewayId)?.statusAt ?? status.statusAt)
      if (!isOlder) registry.setStatus(gatewayId, status)
    }
    for (const gateway of registry.all())
      if (gateway.state === 'revoked' && before.find(gateway.id)?.state === 'active') deps.disconnect(gateway.id)
  }
  /** One after another, so that an older reading never replaces a newer one. */
  const refresh = (): Promise<void> => {
    const turn = refreshing.then(readRegistry)
    refreshing = turn.catch(() => {})
    return turn
  }
  const refreshEverywhere = async (): Promise<void> => {
    await refresh()
    deps.registryChanged()
  }
  let lookedAt = millis(Number.NEGATIVE_INFINITY)
  let looking: Promise<void> = Promise.resolve()
  /** For somebody unknown: all who ask at once share one look. */
  const lookAgain = (): Promise<void> => {
    const now = clock.steady()
    if (now - lookedAt >= LOOK_AGAIN) {
      lookedAt = now
      looking = refresh().catch((err: unknown) => log.warn({ err }, 'registry.refresh-failed'))
    }
    return looking
  }
  const known = (id: GatewayId): Gateway => {
    const gateway = registry.find(id)
    if (gateway === undefined) throw new Fault('gateway/unknown')
    return gateway
  }
  /** By the newest word: another instance may have made, claimed or revoked it a moment ago. */
  const notRevoked = async (id: GatewayId): Promise<Gateway> => {
    await refresh()
    const gateway = known(id)
    if (gateway.state === 'revoked') throw new Fault('gateway/revoked')
    return gateway
  }
  const decideOne = async (decision: Decision): Promise<void> => {
    await decide(async () => ({ decisions: [decision], result: undefined }))
    await refreshEverywhere()
  }
  /** A decision about one gateway, its vehicle told. */
  const decideAbout = async (gateway: Gateway, decision: Decision): Promise<Gateway> => {
    const vehicle = registry.vehicleNow(gateway.id) ?? gateway.vehicleId
    await decideOne(decision)
    deps.changed(vehicle)
    return known(gateway.id)
  }

  const issueCode = async (id: GatewayId, by: string): Promise<IssuedCode> => {
    const gateway = await notRevoked(id)
    const claimCode = claimCodeFrom(randomBytes(CLAIM_CODE_BYTES))
    const createdAt = clock.now()
    const expiresAt = later(createdAt, deps.claimCodeLifetime)
    const codeHash = sha256(claimCode).toString('hex')
    await deps.gatewayStore(deps.db).addClaimCode({ codeHash, gatewayId: id, createdAt, createdBy: by, expiresAt })
    log.info({ gatewayId: id, vehicleId: gateway.vehicleId, by }, 'gateway.code-issued')
    return { claimCode, claimExpiresAt: expiresAt }
  }

  const claimIn = async (db: Db, code: ClaimCode, csr: ReadCsr | undefined) => {
    const at = clock.now()
    const key = csr?.key ?? Buffer.from(randomBytes(PASSWORD_BYTES)).toString('hex')
    const gatewayId = await deps.gatewayStore(db).useClaimCode(sha256(code).toString('hex'), key, at)
    const gateway = gatewayId === undefined ? undefined : registry.find(gatewayId)
    if (gateway === undefined || gateway.state === 'revoked') return { decisions: [], result: undefined }
    const made = csr === undefined ? undefined : await deps.pki.sign(csr, gateway.id)
    const password = Buffer.from(randomBytes(PASSWORD_BYTES)).toString('base64url')
    const { secret, sealed } = deps.newUnlockSecret(gateway.id)
    const decision: Decision = {
      kind: 'gateway-claimed',
      gatewayId: gateway.id,
      vehicleId: gateway.vehicleId,
      at,
      passwordHash: made === undefined ? sha256(password).toString('hex') : null,
      certificateSerial: made?.serial ?? null,
      certificateExpiresAt: made?.expiresAt ?? null,
      unlockSecret: sealed,
    }
    const result = { gateway, password, secret, certificatePem: made?.certificatePem }
    return { decisions: [decision], result }
  }

  const sameCar = async ({ vehicle: read }: CommissioningSheet, meant: VehicleId): Promise<void> => {
    const store = deps.vehicleStore(deps.db)
    const own = await store.marksOf(meant)
    if (own === undefined) throw new Fault('vehicle/unknown')
    const isAnothers = read?.vin !== undefined && read.vin !== own.vin && (await store.hasVin(read.vin))
    const why = otherCar(read, own, isAnothers)
    if (why !== undefined) throw new Fault('sheet/other-car', why)
  }

  return {
    refresh,
    refreshEverywhere,
    vehicleOf: (gateway, at) => registry.vehicleOf(gateway, at),
    vehicleNow: (gateway) => registry.vehicleNow(gateway),
    gatewayOf: (vehicle) => registry.ofVehicle(vehicle),
    gateways: () => registry.all(),
    certificateCounts: (gateway, serial) => registry.counts(gateway, serial),
    isRevoked: (gateway) => registry.find(gateway)?.state !== 'active',
    isRevokedByNow: async (gateway) => {
      const state = () => registry.find(gateway)?.state
      if (state() !== 'active' && state() !== 'revoked') await lookAgain()
      return state() !== 'active'
    },
    checkPassword: async (gateway, password) => {
      const hash = registry.find(gateway)?.passwordHash
      return typeof hash === 'string' && timingSafeEqual(sha256(password), Buffer.from(hash, 'hex'))
    },

    addVehicle: async ({ plate, model, parkId, vin }) => {
      const createdAt = clock.now()
      const row = { id: VehicleId.parse(deps.uuid()), plate, model, createdAt, parkId, parkSince: createdAt }
      await decide(async (db) => {
        const store = deps.vehicleStore(db)
        if ((await store.findByPlate(plate)) !== undefined) throw new Fault('vehicle/plate-taken')
        if (vin !== undefined && (await store.hasVin(vin))) throw new Fault('vehicle/vin-taken')
        const known = vin === undefined ? {} : { vin }
        return {
          decisions: [{ kind: 'vehicle-added', vehicleId: row.id, plate, model, parkId, at: createdAt, ...known }],
          result: row,
        }
      })
      deps.changed(row.id)
      return row
    },
    addGateway: async ({ vehicleId, replaces, by }) => {
      if ((await deps.vehicleStore(deps.db).find(vehicleId)) === undefined) throw new Fault('vehicle/unknown')
      await refresh()
      const present = registry.ofVehicle(vehicleId)
      if (present?.state === 'active' && present.id !== replaces) throw new Fault('gateway/vehicle-taken')
      const gatewayId = GatewayId.parse(gatewayNameFrom(randomBytes(GATEWAY_NAME_BYTES)))
      await decideOne({ kind: 'gateway-added', gatewayId, vehicleId, by, at: clock.now() })
      deps.changed(vehicleId)
      return { ...(await issueCode(gatewayId, by)), gateway: known(gatewayId) }
    },
    issueCode,
    claim: async ({ code, csrPem }, address) => {
      if (!deps.attempts.mayTry(address, clock.steady())) throw new Fault('request/too-many')
      const csr = csrPem === undefined ? undefined : await deps.pki.readCsr(csrPem)
      if (csrPem !== undefined && csr === undefined) throw new Fault('claim/bad-csr')
      // Asked first: a code is not to be spent on a grant that cannot be given.
      const signerKeys = await deps.signerKeys().catch(() => {
        throw new Fault('signer/unavailable')
      })
      // A code counts once: it must not be spent here on a gateway that only another instance knows yet.
      await refresh()
      const claimed = await decide((db) => claimIn(db, code, csr))
      if (claimed === undefined) {
        deps.attempts.failed(address, clock.steady())
        log.warn({ address }, 'gateway.claim-refused')
        // One answer for unknown, used and out of date: it tells nothing about which codes exist.
        throw new Fault('claim/wrong-code')
      }
      await refreshEverywhere()
      const { gateway, password, secret, certificatePem } = claimed
      log.info({ gatewayId: gateway.id, vehicleId: gateway.vehicleId }, 'gateway.claimed')
      deps.changed(gateway.vehicleId)
      const granted = {
        gatewayId: gateway.id,
        vehicleId: gateway.vehicleId,
        signerKeys: [...signerKeys],
        caPem: deps.caPem(),
        unlockSecret: secret,
      }
      const urls = deps.brokerUrls()
      return certificatePem === undefined
        ? { ...granted, by: 'password', password, brokerUrl: urls.password }
        : { ...granted, by: 'certificate', certificatePem, brokerUrl: urls.certificate }
    },
    renew: async (request) => {
      const asked = deps.readRenewal(request, clock.now())
      if (asked === undefined) throw new Fault('renewal/refused')
      await refresh()
      if (registry.find(asked.gateway)?.state !== 'active') throw new Fault('renewal/refused')
      const { gateway, serial: askedBy } = asked
      if (!registry.counts(gateway, askedBy)) throw new Fault('renewal/refused')
      const csr = await deps.pki.readCsr(asked.csrPem)
      if (csr === undefined) throw new Fault('claim/bad-csr')
      const { certificatePem, serial, expiresAt } = await deps.pki.sign(csr, gateway)
      await decideOne({
        kind: 'gateway-renewed',
        gatewayId: gateway,
        at: clock.now(),
        certificateSerial: serial,
        certificateExpiresAt: expiresAt,
        askedBy,
      })
      if (!registry.counts(gateway, serial)) throw new Fault('renewal/refused')
      log.info({ gatewayId: gateway, serial, askedBy }, 'gateway.renewed')
      return { certificatePem, caPem: deps.caPem() }
    },
    retired: () => registry.retired(clock.now()),
    seal: async ({ gateway: id, by, note, sheet }) => {
      const gateway = await notRevoked(id)
      if (gateway.state !== 'active') throw new Fault('gateway/not-active')
      if (sheet === undefined && deps.sheet === 'needed')
        throw new Fault('sheet/refused', 'only a sheet that the gateway has signed seals it: kordon edge seal')
      if (sheet !== undefined) {
        const claims = deps.readSheet(id, sheet, clock.now())
        if (claims === undefined || claims.vehicleId !== gateway.vehicleId) throw new Fault('sheet/refused')
        await sameCar(claims, gateway.vehicleId)
        await deps.gatewayStore(deps.db).keepSheet({ gatewayId: id, at: claims.at, byName: claims.by, sheet })
      }
      log.info({ gatewayId: id, vehicleId: gateway.vehicleId, by }, 'gateway.sealed')
      return decideAbout(gateway, { kind: 'gateway-sealed', gatewayId: id, by, note, at: clock.now() })
    },
    revoke: async (id, by) => {
      const gateway = await notRevoked(id)
      const revoked = await decideAbout(gateway, { kind: 'gateway-revoked', gatewayId: id, by, at: clock.now() })
      deps.disconnect(id)
      log.info({ gatewayId: id, vehicleId: gateway.vehicleId, by }, 'gateway.revoked')
      return revoked
    },
    forgetOnline: async () => {
      await deps.gatewayStore(deps.db).forgetOnline()
      await refresh()
    },
    onStatus: async (id, { online, software }) => {
      const gateway = registry.find(id)
      // A retained status that comes again says nothing new. The gateway's own time is not used: a will was written
      // when its connection began.
      if (gateway === undefined || (gateway.online === online && gateway.software === software)) return
      await keepWords([wordOf(id, { online, software, statusAt: clock.now() })])
    },
    onEnded: async (ends) => {
      // Also one that is offline here already: it may not have been written.
      const words = ends.flatMap(({ gateway, at }) => {
        const software = registry.find(gateway)?.software ?? null
        return software === null ? [] : [wordOf(gateway, { online: false, software, statusAt: at })]
      })
      if (words.length > 0) await keepWords(words)
    },
  }
}
