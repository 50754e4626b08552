import type { EpochMs } from '#contract/instant.ts'
import type { AuditActor, AuditKind } from '../audit/entry.ts'
import type { Peak } from '../audit/merkle.ts'
import type { Generated, Json } from './column.ts'

export type AuditInboxRow = {
  readonly source: string
  readonly arrived: Generated<number>
  readonly at: EpochMs
  readonly kind: AuditKind
  readonly byKind: AuditActor['kind']
  readonly byId: string
  readonly subjects: Json<readonly string[]>
  readonly data: Json<Readonly<Record<string, unknown>>>
}

export type AuditEntryRow = {
  readonly position: number
  readonly source: string
  readonly at: EpochMs
  readonly kind: AuditKind
  readonly byId: string
  readonly subjects: Json<readonly string[]>
  /** Canonical JSON; the bytes of this text are what is hashed. */
  readonly leaf: string
  readonly hash: string
}

export type AuditNodeRow = { readonly level: number; readonly index: number; readonly hash: string }

export type AuditHeadRow = {
  readonly one: Generated<boolean>
  readonly size: number
  readonly peaks: Json<readonly Peak[]>
}

export type AuditDetailRow = {
  readonly commitment: string
  readonly salt: string
  readonly value: string
  readonly subjects: Json<readonly string[]>
  readonly at: EpochMs
}

export type AuditCheckpointRow = {
  readonly size: number
  readonly keyId: string
  readonly root: string
  readonly at: EpochMs
  readonly signature: string
}

export type AuditTables = {
  auditInbox: AuditInboxRow
  auditEntries: AuditEntryRow
  auditNodes: AuditNodeRow
  auditHead: AuditHeadRow
  auditDetails: AuditDetailRow
  auditCheckpoints: AuditCheckpointRow
}
