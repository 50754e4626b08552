import type { ColumnType } from 'kysely'
import type { EpochMs } from '#contract/instant.ts'
import type { Role } from '../http/access.ts'

export type AccountRow = {
  readonly id: string
  readonly login: string
  readonly name: string
  readonly role: Role
  readonly passwordHash: string | null
  readonly createdAt: EpochMs
  readonly disabledAt: EpochMs | null
  readonly seesParks: ColumnType<'all' | 'listed', 'all' | 'listed' | undefined, 'all' | 'listed'>
}

export type SessionRow = {
  readonly tokenHash: string
  readonly accountId: string
  readonly createdAt: EpochMs
  readonly expiresAt: EpochMs
  readonly lastSeenAt: EpochMs
}

export type ApiTokenRow = {
  readonly id: string
  readonly tokenHash: string
  readonly accountId: string
  readonly name: string
  readonly createdAt: EpochMs
  readonly expiresAt: EpochMs | null
  readonly lastUsedAt: EpochMs | null
  readonly revokedAt: EpochMs | null
}

export type SetupLinkRow = {
  readonly tokenHash: string
  readonly createdAt: EpochMs
  readonly expiresAt: EpochMs
  readonly usedAt: EpochMs | null
}

/** `status` is null while the first request with this key is still being worked on. */
export type IdempotencyKeyRow = {
  readonly callerId: string
  readonly key: string
  readonly requestHash: string
  readonly createdAt: EpochMs
  readonly status: number | null
  readonly body: string | null
  readonly contentType: string | null
}

export type PeopleTables = {
  accounts: AccountRow
  sessions: SessionRow
  apiTokens: ApiTokenRow
  setupLinks: SetupLinkRow
  idempotencyKeys: IdempotencyKeyRow
}
