import { canonicalText } from '#contract/canonical-text.ts'
import {
  CONFIGURATION_EVENTS,
  Configuration,
  type ConfigurationEventName,
  ConfigurationReport,
  type ConfigurationWish,
} from '#contract/configuration.ts'
import type { GatewayId, VehicleId } from '#contract/ids.ts'
import { type EpochMs, epochMs, later, minutes, seconds } from '#contract/instant.ts'
import { Fault } from '../http/fault.ts'
import type { JournalEntry, Projection } from '../ingest/journal-entry.ts'
import type { ConfigurationReportRow, ConfigurationRow } from '../postgres/configuration-tables.ts'
import type { World } from '../world.ts'
import type { ConfigurationStore } from './configuration-store.ts'
import { type Standing, standingOf } from './standing.ts'

export type ConfigurationView = {
  readonly standing: Standing
  readonly desired: ConfigurationRow | undefined
  readonly reported: ConfigurationReportRow | undefined
}

export type ConfigurationService = {
  /** Faults: gateway/unknown. */
  view(gateway: GatewayId): Promise<ConfigurationView>
  /** What was wanted of it, newest first, from below a version on. Faults: gateway/unknown. */
  versions(gateway: GatewayId, below: number, limit: number): Promise<readonly ConfigurationRow[]>
  /**
   * Keeps a next version, to be signed and delivered. `base` is the version the person saw; `reconciles` names the
   * technician's document that this one takes the place of. Faults: gateway/unknown, gateway/revoked,
   * configuration/changed, configuration/override.
   */
  ask(wish: ConfigurationAsk): Promise<ConfigurationView>
  /** A technician is proving the relay of this vehicle: that it is open now calls for no order. */
  relayTested(vehicle: VehicleId): Promise<boolean>
  readonly projection: Projection
}

export type ConfigurationAsk = {
  readonly gateway: GatewayId
  readonly document: ConfigurationWish
  readonly base: number | null
  readonly reconciles: string | null
  readonly note: string
  readonly by: string
}

type Deps = Pick<World, 'clock' | 'log'> & {
  readonly store: ConfigurationStore
  readonly gatewayOf: (
    gateway: GatewayId,
  ) => { readonly vehicleId: VehicleId; readonly state: 'claimable' | 'active' | 'revoked' } | undefined
  readonly hash: (text: string) => string
  /** Something waits to be delivered to this gateway. */
  readonly deliver: (gateway: GatewayId) => void
  /** A gateway's seal has changed. */
  readonly sealBroken: (gateway: GatewayId) => Promise<void>
}

/** Desired and reported, kept apart: the cloud is the authority for the one, the gateway for the other. */
export function createConfigurationService(deps: Deps): ConfigurationService {
  const { store, clock, log } = deps

  const known = (gateway: GatewayId) => {
    const found = deps.gatewayOf(gateway)
    if (found === undefined) throw new Fault('gateway/unknown')
    return found
  }
  const view = async (gateway: GatewayId): Promise<ConfigurationView> => {
    known(gateway)
    const [desired, reported] = [await store.newest(gateway), await store.report(gateway)]
    return { desired, reported, standing: standingOf(desired, reported) }
  }

  const tests = new Map<VehicleId, TestWord>()
  const hearTest = ({ record, gateway, receivedAt }: JournalEntry): void => {
    const vehicle = deps.gatewayOf(gateway)?.vehicleId
    if (record.kind !== 'event' || vehicle === undefined) return
    const word = testWord({ ...record, receivedAt })
    if (word !== undefined) tests.set(vehicle, word)
  }
  /** By the newest word; what another instance took is in the table of events alone. */
  const relayTested = async (vehicle: VehicleId): Promise<boolean> => {
    const now = clock.now()
    const words = await store.testEvents(vehicle, epochMs(now - TEST_LIMIT))
    const newest = [tests.get(vehicle), ...words.map(testWord)]
      .filter((word) => word !== undefined)
      .reduce<TestWord | undefined>((one, other) => (one === undefined || other.at >= one.at ? other : one), undefined)
    return newest !== undefined && newest.until > now
  }

  const hear = async (entry: JournalEntry): Promise<void> => {
    const { record, gateway, receivedAt } = entry
    hearTest(entry)
    if (record.kind !== 'event' || deps.gatewayOf(gateway) === undefined) return
    if (record.name === 'seal-broken') {
      await store.breakSeal(gateway, receivedAt)
      await deps.sealBroken(gateway)
      return
    }
    if (!isConfigurationEvent(record.name)) return
    const said = ConfigurationReport.safeParse(record.data)
    if (!said.success)
      return log.warn({ gateway, name: record.name, err: said.error }, 'configuration.report-unreadable')
    const { version, hash, errors, appliedVersion, appliedHash, source, waitingFor, document } = said.data
    const before = await store.report(gateway)
    const override = source === 'local' && (record.name === 'local-override' || before?.overrideHash === appliedHash)
    await store.keepReport({
      gatewayId: gateway,
      outcome: record.name === 'local-override' ? 'local-override' : OUTCOMES[record.name],
      version,
      hash,
      errors,
      waitingFor: waitingFor ?? null,
      appliedVersion,
      appliedHash,
      appliedSource: source,
      document: document ?? (source === 'local' ? (before?.document ?? null) : null),
      overrideHash: override ? appliedHash : null,
      at: record.at,
      receivedAt,
    })
  }

  return {
    view,
    versions: async (gateway, below, limit) => {
      known(gateway)
      return store.versions(gateway, below, limit)
    },
    relayTested,
    ask: async ({ gateway, document, base, reconciles, note, by }) => {
      const { vehicleId, state } = known(gateway)
      if (state === 'revoked') throw new Fault('gateway/revoked')
      const { desired, reported } = await view(gateway)
      if ((desired?.version ?? null) !== base) throw new Fault('configuration/changed')
      if ((reported?.overrideHash ?? null) !== reconciles) throw new Fault('configuration/override')
      const version = Math.max(desired?.version ?? 0, reported?.appliedVersion ?? 0, reported?.version ?? 0) + 1
      const whole = Configuration.parse({
        ...document,
        schema: 'kordon-configuration/1',
        version,
        aud: gateway,
        issuedAt: clock.now(),
        vehicleId,
        ...(reconciles === null ? {} : { reconciles }),
      })
      const hash = deps.hash(canonicalText(whole))
      const row = { gatewayId: gateway, version, document: whole, hash, note, byName: by, createdAt: clock.now() }
      if (!(await store.add(row))) throw new Fault('configuration/changed')
      log.info({ gatewayId: gateway, version, hash, by }, 'configuration.asked')
      deps.deliver(gateway)
      return view(gateway)
    },
    projection: {
      name: 'configurations',
      apply: async (entries) => {
        // Nearly all of it is frames, which say nothing of configurations.
        for (const entry of entries) if (entry.record.kind === 'event') await hear(entry)
      },
    },
  }
}

/** The gateway ends a test itself, five minutes after it began to wait and five after it blocked. */
const TEST_LIMIT = minutes(10)
/** Until the last frame that saw it open is surely past. */
const TEST_END = seconds(90)

type TestWord = { readonly at: EpochMs; readonly until: EpochMs }

/** Pure. What an event says of a test of the relay, if anything. */
function testWord(event: {
  readonly name: string
  readonly data: Readonly<Record<string, unknown>>
  readonly receivedAt: EpochMs
}): TestWord | undefined {
  const { name, data, receivedAt: at } = event
  if (name === 'relay-test') return { at, until: later(at, TEST_LIMIT) }
  return name === 'block-released' && data['cause'] === 'relay-test' ? { at, until: later(at, TEST_END) } : undefined
}

const OUTCOMES = {
  'config-waiting': 'waiting',
  'config-applied': 'applied',
  'config-refused': 'refused',
  'config-rolled-back': 'rolled-back',
} as const

const isConfigurationEvent = (name: string): name is ConfigurationEventName =>
  CONFIGURATION_EVENTS.some((known) => known === name)
