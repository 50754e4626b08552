import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Secret, TOTP } from 'otpauth'
import { z } from 'zod'
import type { EpochMs } from '#contract/instant.ts'

export type ApproverSecretStore = {
  /** The time step this code is of, or undefined when it is none of this approver's. `unknown`: never enrolled here. */
  stepOf(id: string, code: string, now: EpochMs): number | 'unknown' | undefined
  /** Makes a new secret; the one before is void. Answers the address an authenticator app reads. */
  enrol(id: string, name: string): string
}

const PERIOD_S = 30
const Enrolled = z.strictObject({ id: z.string(), name: z.string(), secret: z.string() })

/**
 * One file an approver in `folder/approvers`, 0600. Written by hand where the signer runs, never by request: whoever has
 * the web tier must not make himself a second person.
 */
export function createApproverSecretStore(folder: string): ApproverSecretStore {
  const approvers = join(folder, 'approvers')
  const fileOf = (id: string): string => join(approvers, `${createHash('sha256').update(id).digest('hex')}.json`)
  const totpOf = ({ name, secret }: Pick<z.infer<typeof Enrolled>, 'name' | 'secret'>): TOTP =>
    new TOTP({ issuer: 'Kordon signer', label: name, period: PERIOD_S, secret: Secret.fromBase32(secret) })
  return {
    stepOf: (id, code, now) => {
      if (!existsSync(fileOf(id))) return 'unknown'
      const enrolled = Enrolled.parse(JSON.parse(readFileSync(fileOf(id), 'utf8')))
      const off = totpOf(enrolled).validate({ token: code, timestamp: now, window: 1 })
      return off === null ? undefined : Math.floor(now / 1000 / PERIOD_S) + off
    },
    enrol: (id, name) => {
      const enrolled = { id, name, secret: new Secret({ buffer: Uint8Array.from(randomBytes(20)).buffer }).base32 }
      mkdirSync(approvers, { recursive: true, mode: 0o700 })
      writeFileSync(`${fileOf(id)}.new`, JSON.stringify(enrolled), { mode: 0o600, flush: true })
      renameSync(`${fileOf(id)}.new`, fileOf(id))
      return totpOf(enrolled).toString()
    },
  }
}
