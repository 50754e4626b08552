import {
  type CommissioningSheet,
  PROVED_STEPS,
  REQUIRED_STEPS,
  CommissioningSheet as Sheet,
  type SheetPhoto,
  type StepResult,
} from '#contract/commissioning.ts'
import type { DocumentHash } from '#contract/configuration.ts'
import type { GatewayEvent } from '#contract/event.ts'
import type { GatewayId, VehicleId } from '#contract/ids.ts'
import type { Installation } from '#contract/installation.ts'
import type { Clock, EpochMs } from '#contract/instant.ts'
import type { VehicleMarks } from '#contract/vehicle-marks.ts'
import type { Log } from '../log.ts'
import type { ProfilesOf } from '../profile/profile-store.ts'
import { recordWith, sealHolds } from './seal.ts'
import type { SealStore } from './seal-store.ts'
import type { SignSheet } from './sheet-signature-client.ts'
import { speakingProfiles, wiringText } from './wiring.ts'

type Written = NonNullable<Installation['sealed']>

export type Wired = {
  readonly inForce: Installation
  /** The technician's file, whose own seal holds for its own wiring. */
  readonly local: Installation
  readonly stage: 'settled' | 'trial'
}

export type SealWish = {
  readonly by: string
  readonly note: string
  readonly results: readonly StepResult[]
  readonly photos?: readonly SheetPhoto[]
  readonly configuration: CommissioningSheet['configuration']
  readonly gatewayId: GatewayId
  readonly vehicleId: VehicleId
  readonly vehicle?: VehicleMarks
  readonly installation: Installation
  /** What the relay test was proved for, if it was. */
  readonly relayProved: DocumentHash | undefined
  readonly sign: SignSheet | undefined
}

export type Sealed =
  | { readonly sealed: true; readonly sheet: string }
  | { readonly sealed: false; readonly errors: readonly string[] }

export type SealService = {
  /** The seal that holds for what is wired; a seal that no longer does is broken for good, and an event says so. */
  settle(wired: Wired): Written | undefined
  standing(): {
    readonly state: 'sealed' | 'broken' | 'never'
    readonly at?: string
    readonly by?: string
    readonly sheet?: string
  }
  /** Hash of wiring and of the profiles that speak for it. */
  bindingOf(installation: Installation): DocumentHash
  seal(wish: SealWish): Sealed
  tellTo(keepEvent: ((event: GatewayEvent) => void) | undefined): void
}

type Deps = {
  readonly store: SealStore
  readonly profilesOf: ProfilesOf
  readonly hashOf: (document: object) => DocumentHash
  readonly rfc3339: (at: EpochMs) => string
  readonly software: string
  readonly clock: Clock
  readonly log: Log
}

/** Knows whether the technician's proof still fits the car. */
export function createSealService({ store, profilesOf, hashOf, rfc3339, software, clock, log }: Deps): SealService {
  let keepEvent: ((event: GatewayEvent) => void) | undefined

  const bindingOf = (installation: Installation): DocumentHash =>
    hashOf({
      wiring: wiringText(installation),
      profiles: speakingProfiles(installation, profilesOf(installation)).map(({ device, text }) => ({ device, text })),
    })

  const tell = (): void => {
    const record = store.load()
    if (keepEvent === undefined || record?.untold === undefined) return
    const { at, by } = record
    keepEvent({ kind: 'event', name: 'seal-broken', at: clock.now(), data: { sealedAt: at, by } })
    const { untold: _told, ...rest } = record
    keep(rest)
  }
  const keep = (record: NonNullable<ReturnType<SealStore['load']>>): void => {
    try {
      store.save(record)
    } catch (cause) {
      log.error({ err: cause }, 'seal.unwritable')
    }
  }

  const spokenFor = (installation: Installation): CommissioningSheet['profiles'] =>
    speakingProfiles(installation, profilesOf(installation)).map(({ device, profile, text }) => ({
      device,
      profile: profile.id,
      revision: profile.revision,
      status: profile.status,
      hash: hashOf({ text }),
    }))

  return {
    bindingOf,
    settle: ({ inForce, local, stage }) => {
      const before = store.load()
      const record = recordWith(before, local.sealed)
      const now = { binding: bindingOf(inForce), wiring: wiringText(inForce), writtenWiring: wiringText(local) }
      if (record !== undefined && record !== before) keep(record)
      const holds = record !== undefined && sealHolds(record, now)
      if (holds) return { at: record.at, by: record.by }
      // On trial nothing is lost yet: the wiring that was sealed may be back in five minutes.
      const broke = record ?? before
      if (broke?.state === 'sealed' && stage === 'settled') {
        keep({ ...broke, state: 'broken', untold: true })
        log.warn({ at: broke.at, by: broke.by }, 'seal.broken')
        tell()
      }
      return undefined
    },
    standing: () => {
      const record = store.load()
      if (record === undefined) return { state: 'never' }
      const { state, at, by, sheet } = record
      return { state, at, by, ...(sheet === undefined ? {} : { sheet }) }
    },
    seal: (wish) => {
      const binding = bindingOf(wish.installation)
      const errors = missing(wish, binding)
      if (wish.sign === undefined || errors.length > 0) return { sealed: false, errors }
      const at = clock.now()
      const claims = Sheet.parse({
        schema: 'kordon-commissioning/1',
        gatewayId: wish.gatewayId,
        vehicleId: wish.vehicleId,
        ...(wish.vehicle === undefined ? {} : { vehicle: wish.vehicle }),
        at,
        by: wish.by,
        note: wish.note,
        software,
        configuration: wish.configuration,
        wiring: binding,
        profiles: spokenFor(wish.installation),
        results: [...wish.results],
        ...(wish.photos === undefined ? {} : { photos: [...wish.photos] }),
      })
      const sheet = wish.sign(claims)
      store.save({
        schema: 'kordon-seal/1',
        state: 'sealed',
        kind: 'sheet',
        at: rfc3339(at),
        by: wish.by,
        binding,
        sheet,
      })
      keepEvent?.({ kind: 'event', name: 'sealed', at, data: { by: wish.by, wiring: binding, sheet } })
      log.info({ by: wish.by, wiring: binding }, 'seal.made')
      return { sealed: true, sheet }
    },
    tellTo: (keeper) => {
      keepEvent = keeper
      tell()
    },
  }
}

const NO_NOTE = 'a note does not take the place of a passed test'

function missing({ results, relayProved, installation, sign }: SealWish, binding: DocumentHash): readonly string[] {
  const last = new Map(results.map((result) => [result.step, result]))
  const unproved = REQUIRED_STEPS.flatMap((step) => {
    const result = last.get(step)
    if (result === undefined) return [`${step}: not done yet`]
    if (result.outcome === 'failed') return [`${step}: failed`]
    if (result.outcome === 'accepted' && PROVED_STEPS.includes(step)) return [`${step}: ${NO_NOTE}`]
    return result.wiring !== undefined && result.wiring !== binding
      ? [`${step}: done under other wiring or profiles`]
      : []
  })
  return [
    ...unproved,
    ...(relayProved === binding ? [] : ['relay: this service has read back no block and release of this wiring']),
    ...(installation.immobilizer === undefined ? ['immobilizer: none is installed'] : []),
    ...(installation.ignition === undefined ? ['ignition: no wired input is installed'] : []),
    ...(sign === undefined ? ['this gateway signs in by password and has no key to sign with'] : []),
  ]
}
