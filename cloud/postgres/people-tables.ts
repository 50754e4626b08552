import type { ColumnType } from 'kysely'
import type { EpochMs } from '#contract/instant.ts'
import type { Phone } from '../drivers/phone.ts'
import type { Role } from '../http/access.ts'
import type { Json } from './column.ts'

export type AccountRow = {
  readonly id: string
  readonly login: string
  readonly name: string
  readonly role: Role
  readonly passwordHash: string | null
  readonly createdAt: EpochMs
  readonly disabledAt: EpochMs | null
  readonly noBlockUntil: ColumnType<EpochMs | null, EpochMs | null | undefined, EpochMs | null>
  readonly seesParks: ColumnType<'all' | 'listed', 'all' | 'listed' | undefined, 'all' | 'listed'>
  readonly noticePhone: ColumnType<Phone | null, Phone | null | undefined, Phone | null>
}

export type SessionRow = {
  readonly tokenHash: string
  readonly accountId: string
  readonly createdAt: EpochMs
  readonly expiresAt: EpochMs
  readonly lastSeenAt: EpochMs
  readonly id: string
  readonly secondFactorAt: EpochMs | null
  readonly address: string
  readonly program: string
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
  readonly scopes: ColumnType<readonly string[] | null, string | null, string | null>
  readonly shown: string
}

/** Failed tries as one instance has counted them; `key` is a digest. */
export type FailedTriesRow = {
  readonly key: string
  readonly instance: string
  readonly count: number
  readonly lastAt: number
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

export type TotpSecretRow = {
  readonly accountId: string
  readonly sealed: string
  readonly createdAt: EpochMs
  readonly confirmedAt: EpochMs | null
  readonly lastStep: number
}

export type RecoveryCodeRow = {
  readonly accountId: string
  readonly codeHash: string
  readonly createdAt: EpochMs
  readonly usedAt: EpochMs | null
}

export type PasskeyRow = {
  readonly id: string
  readonly accountId: string
  readonly name: string
  /** COSE, base64url. */
  readonly publicKey: string
  readonly counter: number
  readonly transports: Json<readonly string[]>
  readonly createdAt: EpochMs
  readonly lastUsedAt: EpochMs | null
}

export type SignInStepRow = {
  readonly tokenHash: string
  readonly kind: 'second-factor' | 'passkey-register' | 'passkey-sign-in' | 'passkey-prove' | 'oidc'
  readonly accountId: string | null
  readonly data: Json<Readonly<Record<string, unknown>>>
  readonly tries: number
  readonly expiresAt: EpochMs
}

export type InvitationRow = {
  readonly id: string
  readonly tokenHash: string
  readonly kind: 'new' | 'recovery'
  readonly accountId: string | null
  readonly login: string | null
  readonly name: string
  readonly role: Role
  /** Null: all parks. */
  readonly parks: ColumnType<readonly string[] | null, string | null, string | null>
  readonly createdBy: string
  readonly createdAt: EpochMs
  readonly expiresAt: EpochMs
  readonly usedAt: EpochMs | null
  readonly withdrawnAt: EpochMs | null
}

export type OutsideIdentityRow = {
  readonly issuer: string
  readonly subject: string
  readonly accountId: string
  readonly linkedAt: EpochMs
}

export type AccessSettingRow = {
  readonly key: string
  readonly value: ColumnType<unknown, string, string>
  readonly changedBy: string
  readonly changedAt: EpochMs
}

export type PeopleTables = {
  totpSecrets: TotpSecretRow
  recoveryCodes: RecoveryCodeRow
  passkeys: PasskeyRow
  signInSteps: SignInStepRow
  invitations: InvitationRow
  outsideIdentities: OutsideIdentityRow
  accessSettings: AccessSettingRow
  accounts: AccountRow
  sessions: SessionRow
  apiTokens: ApiTokenRow
  failedTries: FailedTriesRow
  setupLinks: SetupLinkRow
  idempotencyKeys: IdempotencyKeyRow
}
