import type { GatewayId, VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { GatewayAssignmentRow, GatewayCertificateRow, GatewayRow } from '../postgres/fleet-tables.ts'

export type GatewayState = 'claimable' | 'active' | 'revoked'

export type Seal = { readonly at: EpochMs; readonly by: string }

/** A gateway as the rest of the cloud sees it. */
export type Gateway = {
  readonly id: GatewayId
  /** The vehicle it was provisioned for. */
  readonly vehicleId: VehicleId
  readonly state: GatewayState
  readonly sealed: Seal | null
  /** Null until it has spoken once. */
  readonly online: boolean | null
  readonly statusAt: EpochMs | null
  readonly software: string | null
  readonly passwordHash: string | null
  readonly certificateExpiresAt: EpochMs | null
}

/** Every gateway of the installation and which vehicle it was in when; held in memory, rebuilt from the tables. */
export type GatewayRegistry = {
  find(gateway: GatewayId): Gateway | undefined
  all(): readonly Gateway[]
  /** The vehicle a record of this gateway read at `at` belongs to. */
  vehicleOf(gateway: GatewayId, at: EpochMs): VehicleId | undefined
  /** The vehicle it is in now, while it is in service. */
  vehicleNow(gateway: GatewayId): VehicleId | undefined
  /** The gateway in service in this vehicle; without one, the newest that is or was meant for it. */
  ofVehicle(vehicle: VehicleId): Gateway | undefined
  /** Whether this certificate of the gateway counts: granted here, and neither revoked nor replaced by another claim. */
  counts(gateway: GatewayId, serial: string): boolean
  /** Certificates that count no more and have not run out at `now`. */
  retired(now: EpochMs): readonly RetiredCertificate[]
  /** Keeps a newer word on one gateway's connection. */
  setStatus(gateway: GatewayId, status: ConnectionStatus): void
}

export type RetiredCertificate = { readonly serial: string; readonly retiredAt: EpochMs }

export type ConnectionStatus = { readonly online: boolean; readonly statusAt: EpochMs; readonly software: string }

/** Pure. */
export const gatewayFrom = (row: GatewayRow): Gateway => ({
  id: row.id,
  vehicleId: row.vehicleId,
  state: row.revokedAt !== null ? 'revoked' : row.claimedAt !== null ? 'active' : 'claimable',
  sealed: row.sealChangedAt !== null && row.sealedBy !== null ? { at: row.sealChangedAt, by: row.sealedBy } : null,
  online: row.online,
  statusAt: row.statusAt,
  software: row.software,
  passwordHash: row.passwordHash,
  certificateExpiresAt: row.certificateExpiresAt,
})

/** Pure but for the statuses it is told. Rows of gateways and assignments, each oldest first. */
export function gatewayRegistry(
  rows: readonly GatewayRow[],
  assignments: readonly GatewayAssignmentRow[],
  certificates: readonly GatewayCertificateRow[] = [],
): GatewayRegistry {
  const gateways = new Map(rows.map((row) => [row.id, gatewayFrom(row)]))
  const byGateway = Map.groupBy(assignments, (assignment) => assignment.gatewayId)
  const meant = Map.groupBy(rows, (row) => row.vehicleId)
  const current = new Map(
    assignments.filter((assignment) => assignment.untilAt === null).map((it) => [it.vehicleId, it.gatewayId]),
  )
  const vehicleNow = (gateway: GatewayId) =>
    byGateway.get(gateway)?.find((assignment) => assignment.untilAt === null)?.vehicleId
  const bySerial = new Map(certificates.map((certificate) => [certificate.serial, certificate]))
  return {
    counts: (gateway, serial) => {
      const certificate = bySerial.get(serial)
      return certificate?.gatewayId === gateway && certificate.retiredAt === null
    },
    retired: (now) =>
      certificates.flatMap(({ serial, retiredAt, expiresAt }) =>
        retiredAt === null || expiresAt < now ? [] : [{ serial, retiredAt }],
      ),
    find: (gateway) => gateways.get(gateway),
    all: () => [...gateways.values()],
    vehicleNow,
    vehicleOf: (gateway, at) => {
      const known = byGateway.get(gateway) ?? []
      // What it read before its first claim was read in the vehicle it was then claimed for.
      const [first] = known
      if (first !== undefined && at < first.fromAt) return first.vehicleId
      return known.find((it) => it.fromAt <= at && (it.untilAt === null || at < it.untilAt))?.vehicleId
    },
    ofVehicle: (vehicle) => {
      const inService = current.get(vehicle)
      if (inService !== undefined) return gateways.get(inService)
      const candidates = (meant.get(vehicle) ?? []).flatMap(({ id }) => gateways.get(id) ?? [])
      return candidates.findLast((gateway) => gateway.state === 'claimable') ?? candidates.at(-1)
    },
    setStatus: (id, status) => {
      const gateway = gateways.get(id)
      if (gateway !== undefined) gateways.set(id, { ...gateway, ...status })
    },
  }
}
