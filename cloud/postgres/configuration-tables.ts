import type { Selectable } from 'kysely'
import type { GatewayId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { Json } from './column.ts'

type ConfigurationTable = {
  readonly gatewayId: GatewayId
  readonly version: number
  readonly document: Json<Readonly<Record<string, unknown>>>
  readonly hash: string
  readonly jws: string | null
  readonly note: string
  readonly byName: string
  readonly createdAt: EpochMs
}

type ConfigurationReportTable = {
  readonly gatewayId: GatewayId
  readonly outcome: 'waiting' | 'applied' | 'refused' | 'rolled-back' | 'local-override'
  readonly version: number
  readonly hash: string
  readonly errors: Json<readonly string[]>
  readonly waitingFor: string | null
  readonly appliedVersion: number
  readonly appliedHash: string
  readonly appliedSource: 'cloud' | 'local'
  readonly document: Json<Readonly<Record<string, unknown>>> | null
  readonly overrideHash: string | null
  readonly at: EpochMs
  readonly receivedAt: EpochMs
}

export type ConfigurationRow = Selectable<ConfigurationTable>
export type ConfigurationReportRow = Selectable<ConfigurationReportTable>

export type CommissioningSheetRow = {
  readonly gatewayId: GatewayId
  readonly at: EpochMs
  readonly byName: string
  readonly sheet: string
}

export type CommissioningPhotoRow = {
  readonly gatewayId: GatewayId
  readonly sha256: string
  readonly bytes: Uint8Array
  readonly byName: string
  readonly receivedAt: EpochMs
}

export type ConfigurationTables = {
  configurations: ConfigurationTable
  configurationReports: ConfigurationReportTable
  commissioningSheets: CommissioningSheetRow
  commissioningPhotos: CommissioningPhotoRow
}
