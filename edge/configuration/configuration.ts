import { z } from 'zod'
import { Configuration, ConfigurationWish, DocumentHash } from '#contract/configuration.ts'
import { GatewayEvent } from '#contract/event.ts'
import type { GatewayId, VehicleId } from '#contract/ids.ts'
import { Installation } from '#contract/installation.ts'

const InForce = z.strictObject({
  source: z.enum(['cloud', 'local']),
  version: z.int().min(0),
  hash: DocumentHash,
  installation: Installation,
  batch: ConfigurationWish.shape.batch,
})
export type InForce = z.infer<typeof InForce>

const Named = z.strictObject({ version: z.int(), hash: DocumentHash })

/** What the gateway remembers of its configuration, written whole before anything relies on it. */
export const ConfigurationMemory = z.strictObject({
  schema: z.literal('kordon-configuration-memory/1'),
  inForce: InForce,
  /** The last good one, while what is in force is still on trial. */
  lastGood: InForce.exactOptional(),
  /** How many times this process or an earlier one began to work with the one on trial. */
  trialStarts: z.int().exactOptional(),
  /** Accepted, and not applied yet. */
  waiting: z.strictObject({ hash: DocumentHash, document: Configuration }).exactOptional(),
  /** The last one turned away: its retained message comes again at every connect and is no news. */
  refused: Named.exactOptional(),
  /** The technician's file as last taken over. */
  localHash: DocumentHash,
  /** The technician's document over a signed one: a person has to reconcile them. */
  override: Named.exactOptional(),
  /** Events not yet in the outbox. */
  untold: z.array(GatewayEvent).max(64),
})
export type ConfigurationMemory = z.infer<typeof ConfigurationMemory>

/** Pure. The technician's file as a document in force. */
export const localInForce = (installation: Installation, hash: DocumentHash): InForce => ({
  source: 'local',
  version: installation.version,
  hash,
  installation,
})

/** Pure. Before any signed document has come. */
export const firstMemory = (installation: Installation, hash: DocumentHash): ConfigurationMemory => ({
  schema: 'kordon-configuration-memory/1',
  inForce: localInForce(installation, hash),
  localHash: hash,
  untold: [],
})

/**
 * Pure. The technician's file as it is now. Unchanged it says nothing; changed it is in force at once, since the person
 * at the vehicle sees what the office cannot, and over a signed document it is an override.
 */
export function withLocal(memory: ConfigurationMemory, installation: Installation, hash: DocumentHash) {
  if (hash === memory.localHash) return { memory, change: 'none' } as const
  const { lastGood, trialStarts: _starts, waiting: _waiting, ...rest } = memory
  const before = lastGood ?? memory.inForce
  const isOverride = before.source === 'cloud' || memory.override !== undefined
  const version = isOverride ? before.version : installation.version
  const next: ConfigurationMemory = {
    ...rest,
    inForce: {
      ...localInForce(installation, hash),
      version,
      ...(before.batch === undefined ? {} : { batch: before.batch }),
    },
    localHash: hash,
    ...(isOverride ? { override: { version, hash } } : {}),
  }
  return { memory: next, change: isOverride ? 'override' : 'local' } as const
}

export type Judgement =
  | { readonly judgement: 'take' }
  /** The retained message again, or one from before: nothing to do, nothing to say. */
  | { readonly judgement: 'known' }
  | { readonly judgement: 'refuse'; readonly errors: readonly string[] }

/** Pure. May a genuine document be applied, as far as its number, its address and an override say? */
export function judgeDocument(
  memory: ConfigurationMemory,
  document: Configuration,
  hash: DocumentHash,
  own: { readonly gatewayId: GatewayId; readonly vehicleId: VehicleId },
): Judgement {
  const { inForce, waiting, refused, override } = memory
  if (hash === waiting?.hash || hash === inForce.hash || hash === refused?.hash) return { judgement: 'known' }
  const errors = [
    ...(document.aud === own.gatewayId ? [] : [`aud: it is for ${document.aud}`]),
    ...(document.vehicleId === own.vehicleId ? [] : [`vehicleId: this gateway is in vehicle ${own.vehicleId}`]),
    ...(document.version > inForce.version
      ? []
      : [`version: ${document.version} is not above ${inForce.version}, which is applied`]),
    ...(waiting === undefined || document.version > waiting.document.version
      ? []
      : [`version: ${document.version} is not above ${waiting.document.version}, which waits`]),
    ...(override === undefined || document.reconciles === override.hash
      ? []
      : [`reconciles: a technician has changed the configuration at the vehicle (${override.hash})`]),
  ]
  return errors.length === 0 ? { judgement: 'take' } : { judgement: 'refuse', errors }
}

/** Pure. The waiting document is in force from now on, on trial; what was in force is kept. */
export function onTrial(memory: ConfigurationMemory, installation: Installation): ConfigurationMemory {
  const { waiting, ...rest } = memory
  if (waiting === undefined) return memory
  const { version, batch } = waiting.document
  return {
    ...rest,
    lastGood: memory.lastGood ?? memory.inForce,
    inForce: { source: 'cloud', version, hash: waiting.hash, installation, ...(batch === undefined ? {} : { batch }) },
    trialStarts: 0,
  }
}

/** Pure. The link has come back under it. */
export function confirmed(memory: ConfigurationMemory): ConfigurationMemory {
  const { lastGood: _good, trialStarts: _starts, refused: _refused, override: _override, ...rest } = memory
  return rest
}

/** Pure. Back to the last good one; the one on trial is remembered, so that its retained message is not tried again. */
export function rolledBack(memory: ConfigurationMemory): ConfigurationMemory {
  const { lastGood, trialStarts: _starts, ...rest } = memory
  const { version, hash } = memory.inForce
  return lastGood === undefined ? memory : { ...rest, inForce: lastGood, refused: { version, hash } }
}
