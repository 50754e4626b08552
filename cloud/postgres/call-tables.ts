import type { ColumnType } from 'kysely'
import type { Generated } from './column.ts'

export type PhoneCallRow = {
  readonly id: string
  /** The hook it came by. */
  readonly exchange: string
  readonly callId: string
  readonly direction: string
  readonly caller: string
  readonly callee: string | null
  readonly line: string | null
  readonly extension: string | null
  readonly source: string | null
  readonly rangAt: number | null
  readonly answeredAt: number | null
  readonly endedAt: number | null
  readonly missedAt: number | null
  readonly recordUrl: string | null
  /** none, linked, wanted, kept, failed. */
  readonly recording: Generated<string>
  readonly recordingProblem: string | null
  readonly startedAt: number
  /** When cards were last looked for after an event of it. */
  readonly joinedAt: number | null
}
export type PhoneRecordingRow = {
  readonly call: string
  readonly type: string
  readonly size: number
  readonly sha256: string
  readonly bytes: ColumnType<Uint8Array, Uint8Array, Uint8Array>
  readonly fetchedAt: number
}
export type PhoneLineRow = {
  readonly id: string
  readonly number: string
  readonly source: string
  readonly validFrom: number
  readonly validTo: number | null
  readonly createdAt: number
  readonly createdBy: string
}
export type PhoneRequestRow = {
  readonly key: string
  readonly kind: string
  readonly callId: string | null
  readonly target: string | null
  readonly text: string | null
  readonly card: string | null
  readonly askedAt: number
  readonly askedBy: string
  readonly state: string
  readonly attempts: number
  readonly problem: string | null
  readonly takenAt: number | null
}

export type CallTables = {
  phoneCalls: PhoneCallRow
  phoneCallCards: { readonly call: string; readonly card: string }
  phoneRecordings: PhoneRecordingRow
  phoneLines: PhoneLineRow
  phoneExtensions: {
    readonly recipient: string
    readonly extension: string
    readonly changedAt: number
    readonly changedBy: string
  }
  phoneRequests: PhoneRequestRow
}
