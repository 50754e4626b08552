import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import type { OrderId } from '#contract/ids.ts'
import { EpochMs } from '#contract/instant.ts'
import { type ApprovalList, ListedBlock } from './approval-list.ts'

/** `block` is what the person saw and signed; null where only six digits were checked. */
export type KeptApproval = { readonly approver: string; readonly block: ListedBlock | null }
/** A list with the answer of the key that signed it. */
export type SignedList = {
  readonly list: ApprovalList
  readonly credentialId: string
  readonly counter: number
  readonly at: EpochMs
  /** The key's own answer, as it came. */
  readonly answer: object
}

export type ApprovalRows = {
  /** Who stood by this order with a proof that was checked. */
  approvalsOf(id: OrderId): readonly KeptApproval[]
  /**
   * Keeps the word for these orders and spends the code's time step, in one transaction. False when that step, or a later
   * one, is spent already: a code counts once.
   */
  keepApproval(approver: string, step: number, orders: readonly OrderId[]): boolean
  /** Keeps the list for ever, with its proof, and the key's counter, in one transaction. */
  keepSignedList(signed: SignedList): void
  /** Where the key's counter stands; `suspended` after it ran backwards. Undefined before the first answer. */
  passkeyUse(credentialId: string): { readonly counter: number; readonly suspended: boolean } | undefined
  suspendPasskey(credentialId: string, counter: number): void
  /** When codes of this approver were wrong, oldest first. */
  wrongCodes(approver: string): readonly EpochMs[]
  keepWrongCodes(approver: string, at: readonly EpochMs[]): void
}

type Book = {
  readonly db: DatabaseSync
  readonly settingOf: (name: string) => unknown
  readonly set: (name: string, value: unknown) => void
  readonly inTransaction: <Result>(work: () => Result) => Result
}

const Use = z.strictObject({ counter: z.int(), suspended: z.boolean() })

/** Who stood by which block, in the signer's own file. */
export function createApprovalRows({ db, settingOf, set, inTransaction }: Book): ApprovalRows {
  db.exec(`CREATE TABLE IF NOT EXISTS approvals (
    order_id TEXT NOT NULL, approver_id TEXT NOT NULL, PRIMARY KEY (order_id, approver_id)) STRICT;
    CREATE TABLE IF NOT EXISTS signed_lists (
    wish TEXT PRIMARY KEY, approver_id TEXT NOT NULL, credential_id TEXT NOT NULL, at INTEGER NOT NULL,
    list TEXT NOT NULL, answer TEXT NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS listed_blocks (
    order_id TEXT NOT NULL, approver_id TEXT NOT NULL, wish TEXT NOT NULL, block TEXT NOT NULL,
    PRIMARY KEY (order_id, approver_id)) STRICT`)
  const approve = db.prepare('INSERT OR IGNORE INTO approvals (order_id, approver_id) VALUES (?, ?)')
  const keepList = db.prepare(
    'INSERT INTO signed_lists (wish, approver_id, credential_id, at, list, answer) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const keepBlock = db.prepare(
    'INSERT OR REPLACE INTO listed_blocks (order_id, approver_id, wish, block) VALUES (?, ?, ?, ?)',
  )
  const found = db.prepare(
    `SELECT approver_id AS approver, NULL AS block FROM approvals WHERE order_id = ?
     UNION ALL SELECT approver_id, block FROM listed_blocks WHERE order_id = ?`,
  )
  const settingName = (credentialId: string): string => `passkey ${credentialId}`
  return {
    approvalsOf: (id) =>
      found.all(id, id).map(({ approver, block }) => ({
        approver: String(approver),
        block: block === null ? null : ListedBlock.parse(JSON.parse(String(block))),
      })),
    keepApproval: (approver, step, orders) =>
      inTransaction(() => {
        const spent = z
          .int()
          .optional()
          .parse(settingOf(`code-step ${approver}`))
        if (spent !== undefined && step <= spent) return false
        set(`code-step ${approver}`, step)
        for (const order of orders) approve.run(order, approver)
        return true
      }),
    keepSignedList: ({ list, credentialId, counter, at, answer }) =>
      inTransaction(() => {
        keepList.run(list.wish, list.approver, credentialId, at, JSON.stringify(list), JSON.stringify(answer))
        for (const block of list.blocks) keepBlock.run(block.orderId, list.approver, list.wish, JSON.stringify(block))
        set(settingName(credentialId), { counter, suspended: false })
      }),
    passkeyUse: (credentialId) => Use.optional().parse(settingOf(settingName(credentialId))),
    suspendPasskey: (credentialId, counter) => set(settingName(credentialId), { counter, suspended: true }),
    wrongCodes: (approver) => EpochMs.array().parse(settingOf(`wrong-codes ${approver}`) ?? []),
    keepWrongCodes: (approver, at) => set(`wrong-codes ${approver}`, at),
  }
}
