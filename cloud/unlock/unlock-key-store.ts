import { createCipheriv, createDecipheriv } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type UnlockKeyStore = {
  /** Encrypts a gateway's secret for that gateway: moved to another row it does not open. */
  seal(secret: Uint8Array, gateway: string): string
  /** Throws when it was sealed with another key, for another gateway, or has been changed. */
  open(sealed: string, gateway: string): Uint8Array
}

const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * `folder/unlock.key` (0600) or another name, made when absent: AES-256-GCM. A copy of the database alone yields no
 * code.
 */
export function createUnlockKeyStore(
  folder: string,
  randomBytes: (length: number) => Uint8Array,
  name = 'unlock.key',
): UnlockKeyStore {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, name)
  if (!existsSync(path)) {
    writeFileSync(`${path}.new`, randomBytes(KEY_BYTES), { mode: 0o600, flush: true })
    renameSync(`${path}.new`, path)
  }
  const key = readFileSync(path)
  if (key.length !== KEY_BYTES) throw new Error(`${path} is not a key of ${KEY_BYTES} bytes`)
  return {
    seal: (secret, gateway) => {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(gateway))
      return Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]).toString('base64url')
    },
    open: (sealed, gateway) => {
      const bytes = Buffer.from(sealed, 'base64url')
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES))
        .setAAD(Buffer.from(gateway))
        .setAuthTag(bytes.subarray(-TAG_BYTES))
      return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
    },
  }
}
