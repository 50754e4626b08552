import type { EpochMs } from '#contract/instant.ts'
import type { ParkId } from '../parks/park.ts'

export type ParkRow = { readonly id: ParkId; readonly name: string; readonly namedAt: EpochMs }

export type AccountParkRow = { readonly accountId: string; readonly parkId: ParkId }

export type ParkTables = { parks: ParkRow; accountParks: AccountParkRow }
