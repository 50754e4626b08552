import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { type GatewayId, type OrderId, OrderSeq, VehicleId } from '#contract/ids.ts'
import { EpochMs } from '#contract/instant.ts'
import type { OrderAction } from '#contract/order.ts'
import { type ApprovalRows, createApprovalRows } from './approval-rows.ts'
import type { SignedBlock } from './governor.ts'
import { Approver, SwitchState } from './signer-message.ts'
import { type PolicyChange, SignerPolicy } from './signer-policy.ts'

export type SignerStore = ApprovalRows & {
  readonly privateKey: KeyObject
  /** What this order id was signed as, if it ever was. */
  find(id: OrderId): Numbered | undefined
  /**
   * The number and the claims under which this order is signed, for ever. A number is on disk before it is used, and
   * rises strictly per gateway; `above` lifts it over a number seen elsewhere, should this file have been restored.
   */
  reserve(order: Reservation): Numbered
  /** Action of the last order signed for the vehicle. */
  lastAction(vehicle: VehicleId): OrderAction | undefined
  blocksSince(at: EpochMs): readonly SignedBlock[]
  switchState(): SwitchState | undefined
  setSwitch(state: SwitchState): void
  approvers(): readonly Approver[]
  /** Changes nothing when the approver is known. */
  addApprover(approver: Approver): void
  /** What was tightened by REST. */
  tightened(): PolicyChange
  tighten(policy: SignerPolicy): void
  close(): void
}

export type Numbered = { readonly seq: OrderSeq; readonly claims: string }

type Reservation = {
  readonly orderId: OrderId
  readonly gatewayId: GatewayId
  readonly vehicleId: VehicleId
  readonly above: number
  readonly at: EpochMs
  readonly action: OrderAction
  readonly asker: 'rule' | 'person'
  readonly begun: boolean
  /** What it was signed on, for the record. */
  readonly basis: string
  /** Makes the claims for the number that was given. */
  readonly claims: (seq: OrderSeq) => string
}

const Block = z.object({
  vehicleId: VehicleId,
  at: EpochMs,
  asker: z.enum(['rule', 'person']),
  begun: z.int().transform((flag) => flag === 1),
})

/** `folder/ed25519.pem` (0600) and `folder/signer.sqlite`, both made when absent. Never in PGlite: it does not sync. */
export function createSignerStore(folder: string): SignerStore {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const privateKey = readOrMakeKey(join(folder, 'ed25519.pem'))
  try {
    return openStore(folder, privateKey)
  } catch (cause) {
    // Another signer still has it: two must never number orders side by side.
    if (cause instanceof Error && 'errcode' in cause && cause.errcode === SQLITE_BUSY) throw cause
    return unusableStore(privateKey, cause)
  }
}

const SQLITE_BUSY = 5

/** Without a usable file nothing is remembered, so nothing may be blocked; the key still frees. */
function unusableStore(privateKey: KeyObject, cause: unknown): SignerStore {
  const refuse = (): never => {
    throw new Error('the signer’s file cannot be used', { cause })
  }
  return {
    privateKey,
    find: refuse,
    reserve: refuse,
    lastAction: refuse,
    blocksSince: refuse,
    switchState: refuse,
    setSwitch: refuse,
    approvers: refuse,
    addApprover: refuse,
    approvalsOf: refuse,
    keepApproval: refuse,
    keepSignedList: refuse,
    passkeyUse: refuse,
    suspendPasskey: refuse,
    wrongCodes: refuse,
    keepWrongCodes: refuse,
    tightened: refuse,
    tighten: refuse,
    close: () => {},
  }
}

function openStore(folder: string, privateKey: KeyObject): SignerStore {
  const file = join(folder, 'signer.sqlite')
  const db = new DatabaseSync(file)
  chmodSync(file, 0o600)
  db.exec('PRAGMA busy_timeout=5000; PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL')
  db.exec(`CREATE TABLE IF NOT EXISTS signed (
    order_id TEXT PRIMARY KEY, gateway_id TEXT NOT NULL, seq INTEGER NOT NULL, claims TEXT NOT NULL,
    UNIQUE (gateway_id, seq)) STRICT;
    CREATE TABLE IF NOT EXISTS rulings (
    order_id TEXT PRIMARY KEY, vehicle_id TEXT NOT NULL, action TEXT NOT NULL, at INTEGER NOT NULL,
    asker TEXT NOT NULL, begun INTEGER NOT NULL, basis TEXT NOT NULL) STRICT;
    CREATE INDEX IF NOT EXISTS rulings_vehicle ON rulings (vehicle_id);
    CREATE INDEX IF NOT EXISTS rulings_at ON rulings (at) WHERE action = 'block';
    CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS approvers (id TEXT PRIMARY KEY, name TEXT NOT NULL, counts_from INTEGER NOT NULL) STRICT`)
  const found = db.prepare('SELECT seq, claims FROM signed WHERE order_id = ?')
  const highest = db.prepare('SELECT coalesce(max(seq), 0) AS seq FROM signed WHERE gateway_id = ?')
  const insert = db.prepare('INSERT INTO signed (order_id, gateway_id, seq, claims) VALUES (?, ?, ?, ?)')
  const record = db.prepare(
    'INSERT INTO rulings (order_id, vehicle_id, action, at, asker, begun, basis) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const last = db.prepare('SELECT action FROM rulings WHERE vehicle_id = ? ORDER BY rowid DESC LIMIT 1')
  const blocks = db.prepare(
    "SELECT vehicle_id AS vehicleId, at, asker, begun FROM rulings WHERE action = 'block' AND at > ?",
  )
  const setting = db.prepare('SELECT value FROM settings WHERE name = ?')
  const set = db.prepare(
    'INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  )
  const settingOf = (name: string): unknown => {
    const row = setting.get(name)
    return row === undefined ? undefined : JSON.parse(String(row['value']))
  }
  const keepSetting = (name: string, value: unknown): void => void set.run(name, JSON.stringify(value))
  const find = (id: OrderId): Numbered | undefined => {
    const known = found.get(id)
    return known && { seq: OrderSeq.parse(known['seq']), claims: String(known['claims']) }
  }
  const inTransaction = <Result>(work: () => Result): Result => {
    db.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      db.exec('COMMIT')
      return result
    } catch (cause) {
      if (db.isTransaction) db.exec('ROLLBACK')
      throw cause
    }
  }
  const approvals = createApprovalRows({ db, settingOf, set: keepSetting, inTransaction })
  const tightened = (): PolicyChange => SignerPolicy.partial().parse(settingOf('policy') ?? {})
  return {
    ...approvals,
    privateKey,
    find,
    reserve: (order) => {
      const known = find(order.orderId)
      if (known !== undefined) return known
      const seq = OrderSeq.parse(Math.max(Number(highest.get(order.gatewayId)?.['seq']), order.above) + 1)
      const claims = order.claims(seq)
      const { orderId, gatewayId, vehicleId, action, at, asker, begun, basis } = order
      return inTransaction(() => {
        insert.run(orderId, gatewayId, seq, claims)
        record.run(orderId, vehicleId, action, at, asker, begun ? 1 : 0, basis)
        return { seq, claims }
      })
    },
    lastAction: (vehicle) => {
      const action = last.get(vehicle)?.['action']
      return action === 'block' || action === 'unblock' ? action : undefined
    },
    blocksSince: (at) => blocks.all(at).map((row) => Block.parse(row)),
    switchState: () => SwitchState.optional().parse(settingOf('switch')),
    setSwitch: (state) => keepSetting('switch', state),
    approvers: () =>
      db
        .prepare('SELECT id, name, counts_from AS countsFrom FROM approvers ORDER BY counts_from')
        .all()
        .map((row) => Approver.parse({ ...row })),
    addApprover: ({ id, name, countsFrom }) =>
      void db
        .prepare('INSERT OR IGNORE INTO approvers (id, name, counts_from) VALUES (?, ?, ?)')
        .run(id, name, countsFrom),
    tightened,
    tighten: (policy) => keepSetting('policy', policy),
    close: () => db.close(),
  }
}

function readOrMakeKey(path: string): KeyObject {
  if (existsSync(path)) return createPrivateKey(readFileSync(path))
  const { privateKey } = generateKeyPairSync('ed25519')
  writeFileSync(`${path}.new`, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flush: true })
  renameSync(`${path}.new`, path)
  chmodSync(path, 0o600)
  return privateKey
}
