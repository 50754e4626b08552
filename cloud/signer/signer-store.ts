import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type GatewayId, type OrderId, OrderSeq } from '#contract/ids.ts'

export type SignerStore = {
  readonly privateKey: KeyObject
  /**
   * The number and the claims under which this order is signed, for ever. A number is on disk before it is used, and
   * rises strictly per gateway; `above` lifts it over a number seen elsewhere, should this file have been restored.
   */
  reserve(order: Reservation): { readonly seq: OrderSeq; readonly claims: string }
  close(): void
}

type Reservation = {
  readonly orderId: OrderId
  readonly gatewayId: GatewayId
  readonly above: number
  /** Makes the claims for the number that was given. */
  readonly claims: (seq: OrderSeq) => string
}

/** `folder/ed25519.pem` (0600) and `folder/signer.sqlite`, both made when absent. Never in PGlite: it does not sync. */
export function createSignerStore(folder: string): SignerStore {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const db = new DatabaseSync(join(folder, 'signer.sqlite'))
  db.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000')
  db.exec(`CREATE TABLE IF NOT EXISTS signed (
    order_id TEXT PRIMARY KEY, gateway_id TEXT NOT NULL, seq INTEGER NOT NULL, claims TEXT NOT NULL,
    UNIQUE (gateway_id, seq)) STRICT`)
  const found = db.prepare('SELECT seq, claims FROM signed WHERE order_id = ?')
  const highest = db.prepare('SELECT coalesce(max(seq), 0) AS seq FROM signed WHERE gateway_id = ?')
  const insert = db.prepare('INSERT INTO signed (order_id, gateway_id, seq, claims) VALUES (?, ?, ?, ?)')
  return {
    privateKey: readOrMakeKey(join(folder, 'ed25519.pem')),
    reserve: ({ orderId, gatewayId, above, claims }) => {
      const known = found.get(orderId)
      if (known !== undefined) return { seq: OrderSeq.parse(known['seq']), claims: String(known['claims']) }
      const seq = OrderSeq.parse(Math.max(Number(highest.get(gatewayId)?.['seq']), above) + 1)
      const text = claims(seq)
      insert.run(orderId, gatewayId, seq, text)
      return { seq, claims: text }
    },
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
