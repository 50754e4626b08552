import { z } from 'zod'
import { GatewayId } from './ids.ts'
import { Installation } from './installation.ts'
import { EpochMs } from './instant.ts'

/** `typ` in the header of a configuration's JWS: the signer's keys are those of orders, and neither passes for the other. */
export const CONFIGURATION_TYP = 'kordon-configuration'

/** SHA-256 of the canonical text of a document, hex. */
export const DocumentHash = z.string().regex(/^[0-9a-f]{64}$/, 'a hash is 64 hex digits')
export type DocumentHash = z.infer<typeof DocumentHash>

const installed = Installation.omit({ schema: true, version: true, vehicleId: true, sealed: true })

/** What a person decides about a gateway. Neither a seal nor the state of a relay can be written here. */
export const ConfigurationWish = z.strictObject({
  ...installed.shape,
  /** How records travel: compact unless said otherwise. */
  batch: z
    .strictObject({
      encoding: z.enum(['json', 'compact']).exactOptional(),
      /** How long a fresh frame may wait for others to share a message with. */
      sendEveryMs: z.int().min(0).max(3_600_000).exactOptional(),
    })
    .exactOptional(),
})
export type ConfigurationWish = z.infer<typeof ConfigurationWish>

/**
 * The claims inside the JWS (compact, EdDSA) on `down/config`: the whole configuration of one gateway. Applied only when
 * `version` is above the applied one, whole or not at all; the gateway answers by events `config-…` with version and hash.
 */
export const Configuration = z.strictObject({
  schema: z.literal('kordon-configuration/1'),
  version: z.int().min(1),
  aud: GatewayId,
  issuedAt: EpochMs,
  vehicleId: Installation.shape.vehicleId,
  /** Hash of the technician's document that this one takes the place of; needed while a local override stands. */
  reconciles: DocumentHash.exactOptional(),
  ...ConfigurationWish.shape,
})
export type Configuration = z.infer<typeof Configuration>

/** Pure. The installation that a configuration asks for; sealed or not is for the gateway to know. */
export function installationOf(configuration: Configuration): Installation {
  const { aud: _aud, issuedAt: _at, reconciles: _reconciles, batch: _batch, schema: _schema, ...rest } = configuration
  return { ...rest, schema: 'kordon-installation/1' }
}

/** Names of the events by which a gateway answers; `data` is a ConfigurationReport. */
export const CONFIGURATION_EVENTS = [
  'config-waiting',
  'config-applied',
  'config-refused',
  'config-rolled-back',
  'local-override',
] as const
export type ConfigurationEventName = (typeof CONFIGURATION_EVENTS)[number]

export const ConfigurationReport = z.strictObject({
  version: z.int().min(0),
  hash: DocumentHash,
  errors: z.array(z.string().max(300)).max(40),
  /** What is in force after this. */
  appliedVersion: z.int().min(0),
  appliedHash: DocumentHash,
  source: z.enum(['cloud', 'local']),
  /** Why an accepted document is not applied yet. */
  waitingFor: z.string().max(32).exactOptional(),
  /** The technician's document, for a person to look at. */
  document: z.record(z.string().max(64), z.json()).exactOptional(),
})
export type ConfigurationReport = z.infer<typeof ConfigurationReport>
