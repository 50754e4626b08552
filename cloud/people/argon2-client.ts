import { argon2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { ARGON2_COST, encodeHash, type PasswordHash } from './password.ts'

const deriveArgon2 = promisify(argon2)

export type Argon2Client = ReturnType<typeof createArgon2Client>

/** Argon2id on the threads of the runtime. */
export function createArgon2Client(randomBytes: (length: number) => Uint8Array) {
  return {
    /** A password under a new salt, in PHC string form. */
    hash: async (password: string): Promise<string> => {
      const salt = randomBytes(16)
      return encodeHash({ ...ARGON2_COST, salt, tag: await deriveTag(password, { ...ARGON2_COST, salt }, 32) })
    },
    /** Takes as long for a wrong password as for the right one. */
    fits: async (password: string, hash: PasswordHash): Promise<boolean> =>
      timingSafeEqual(await deriveTag(password, hash, hash.tag.length), hash.tag),
  }
}

function deriveTag(password: string, hash: Omit<PasswordHash, 'tag'>, tagLength: number): Promise<Uint8Array> {
  // The same letters may be typed in different Unicode forms on different keyboards.
  const message = Buffer.from(password.normalize('NFKC'))
  const { memoryKiB: memory, passes, lanes: parallelism, salt: nonce } = hash
  return deriveArgon2('argon2id', { message, nonce, parallelism, tagLength, memory, passes })
}
