import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Checkpoint, checkpointText, type SignedCheckpoint } from './checkpoint.ts'

export type CheckpointStore = {
  /** Names the key: the first half of SHA-256 of its public half, hex. */
  readonly keyId: string
  readonly publicKeyPem: string
  sign(checkpoint: Checkpoint): SignedCheckpoint
  /** Adds a line to `checkpoints.jsonl` in every folder, on disk when it returns; resolves the folders that failed. */
  write(checkpoint: SignedCheckpoint): readonly { readonly folder: string; readonly err: unknown }[]
}

/** `folder/audit.key.pem` (0600), made when absent, and the checkpoints outside the database, in as many folders as named. */
export function createCheckpointStore(folder: string, more: readonly string[]): CheckpointStore {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, 'audit.key.pem')
  if (!existsSync(path)) {
    const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })
    writeFileSync(`${path}.new`, pem, { mode: 0o600, flush: true })
    renameSync(`${path}.new`, path)
  }
  const key = createPrivateKey(readFileSync(path))
  const publicKey = createPublicKey(key)
  const publicKeyPem = String(publicKey.export({ type: 'spki', format: 'pem' }))
  const der = publicKey.export({ type: 'spki', format: 'der' })
  const keyId = createHash('sha256').update(der).digest('hex').slice(0, 32)
  writeFileSync(join(folder, 'audit.pub.pem'), publicKeyPem)
  return {
    keyId,
    publicKeyPem,
    sign: (checkpoint) => ({
      ...checkpoint,
      keyId,
      signature: sign(null, Buffer.from(checkpointText(checkpoint)), key).toString('base64url'),
    }),
    write: (checkpoint) =>
      [join(folder, 'checkpoints'), ...more].flatMap((place) => {
        try {
          mkdirSync(place, { recursive: true })
          appendFileSync(join(place, 'checkpoints.jsonl'), `${JSON.stringify(checkpoint)}\n`, { flush: true })
          return []
        } catch (err) {
          return [{ folder: place, err }]
        }
      }),
  }
}
