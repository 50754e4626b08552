import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { EpochMs, later, minutes } from '#contract/instant.ts'

const Invitation = z.strictObject({
  id: z.string(),
  name: z.string(),
  /** SHA-256 of the word. */
  word: z.string(),
  until: EpochMs,
})
const Kept = z.strictObject({
  id: z.string(),
  name: z.string(),
  credentialId: z.string(),
  /** SPKI, DER. */
  publicKey: z.string(),
  /** What the key's own counter stood at when it came. */
  counter: z.int(),
  /** `pending` until somebody where the signer runs has said its thumbprint. */
  state: z.enum(['pending', 'confirmed']),
})
export type Passkey = z.infer<typeof Kept>

export type PasskeyStore = {
  /** Makes a word with which this person may bring one key within a quarter of an hour; the word before is void. */
  invite(id: string, name: string, now: EpochMs): string
  /** Is this the word of this person? It is not spent by being asked. */
  isInvited(id: string, word: string, now: EpochMs): boolean
  /**
   * Keeps a key that does not count yet, and spends the word. Answers its thumbprint, 80 bits that the person reads from the
   * page to whoever is at the signer; undefined when there is no word, or the key is known.
   */
  keep(
    id: string,
    word: string,
    key: Pick<Passkey, 'credentialId' | 'publicKey' | 'counter'>,
    now: EpochMs,
  ): string | undefined
  /** Makes the key of this thumbprint count; undefined when none waits that has it. */
  confirm(thumbprint: string): Passkey | undefined
  /** Keys of this person that count. */
  of(id: string): readonly Passkey[]
  /** Throws away all keys and words of this person; answers how many keys there were. */
  forget(id: string): number
}

const WORD_LIVES = minutes(15)
const LETTERS = 'ABCDEFGHJKMNPQRSTVWXYZ0123456789'
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const plain = (typed: string): string => typed.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')

const thumbprintOf = ({ credentialId, publicKey }: Pick<Passkey, 'credentialId' | 'publicKey'>): string =>
  (sha256(`${credentialId} ${publicKey}`).slice(0, 20).toUpperCase().match(/.{4}/g) ?? []).join('-')

/**
 * `folder/passkeys`, 0600: words are made and keys confirmed by hand where the signer runs, so whoever has the web tier alone
 * makes himself no second person. Files, since the signer's database is locked by the signer that runs.
 */
export function createPasskeyStore(folder: string): PasskeyStore {
  const passkeys = join(folder, 'passkeys')
  const invitationOf = (id: string): string => join(passkeys, `${sha256(id)}.invitation.json`)
  const keyOf = (credentialId: string): string => join(passkeys, `${sha256(credentialId)}.key.json`)
  const write = (file: string, content: object): void => {
    mkdirSync(passkeys, { recursive: true, mode: 0o700 })
    writeFileSync(`${file}.new`, JSON.stringify(content), { mode: 0o600, flush: true })
    renameSync(`${file}.new`, file)
  }
  const all = (): readonly Passkey[] =>
    existsSync(passkeys)
      ? readdirSync(passkeys)
          .filter((file) => file.endsWith('.key.json'))
          .map((file) => Kept.parse(JSON.parse(readFileSync(join(passkeys, file), 'utf8'))))
      : []
  const invitation = (id: string, word: string, now: EpochMs) => {
    if (!existsSync(invitationOf(id))) return undefined
    const found = Invitation.parse(JSON.parse(readFileSync(invitationOf(id), 'utf8')))
    return found.until >= now && found.word === sha256(plain(word)) ? found : undefined
  }
  return {
    invite: (id, name, now) => {
      const word = [...randomBytes(10)].map((byte) => LETTERS[byte % LETTERS.length]).join('')
      write(invitationOf(id), { id, name, word: sha256(word), until: later(now, WORD_LIVES) })
      return `${word.slice(0, 5)}-${word.slice(5)}`
    },
    isInvited: (id, word, now) => invitation(id, word, now) !== undefined,
    keep: (id, word, key, now) => {
      const invited = invitation(id, word, now)
      if (invited === undefined || existsSync(keyOf(key.credentialId))) return undefined
      // One key waits at a time: the thumbprint on the page is the newest one's.
      for (const old of all()) if (old.id === id && old.state === 'pending') rmSync(keyOf(old.credentialId))
      rmSync(invitationOf(id))
      write(keyOf(key.credentialId), { id, name: invited.name, ...key, state: 'pending' })
      return thumbprintOf(key)
    },
    confirm: (thumbprint) => {
      const found = all().find((key) => key.state === 'pending' && plain(thumbprintOf(key)) === plain(thumbprint))
      if (found === undefined) return undefined
      const confirmed = { ...found, state: 'confirmed' as const }
      write(keyOf(found.credentialId), confirmed)
      return confirmed
    },
    of: (id) => all().filter((key) => key.id === id && key.state === 'confirmed'),
    forget: (id) => {
      const known = all().filter((key) => key.id === id)
      for (const key of known) rmSync(keyOf(key.credentialId))
      rmSync(invitationOf(id), { force: true })
      return known.length
    },
  }
}
