import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Secret, TOTP } from 'otpauth'
import { z } from 'zod'
import type { EpochMs } from '#contract/instant.ts'

export type ApproverSecretStore = {
  /** Has this person ever been given a secret? */
  has(id: string): boolean
  /** The time step this code is of, or undefined when it is none of this approver's. `unknown`: never enrolled here. */
  stepOf(id: string, code: string, now: EpochMs): number | 'unknown' | undefined
  /** Makes a new secret; the one before is void. Answers the address an authenticator app reads. */
  enrol(id: string, name: string): string
  /**
   * For trying things out: the same address at every start, so that an app once set up goes on. Undefined when this
   * person has a secret that was given out in earnest, which stays.
   */
  enrolForDemo(id: string, name: string): string | undefined
  /** The code of this moment, for whoever has no app at hand; of a secret of the demo only, else undefined. */
  demoCodeOf(name: string, now: EpochMs): string | undefined
}

const PERIOD_S = 30
const Enrolled = z.strictObject({
  id: z.string(),
  name: z.string(),
  secret: z.string(),
  /** Made for the demo, whose secrets anybody at its terminal may see. */
  demo: z.literal(true).exactOptional(),
})
type Enrolled = z.infer<typeof Enrolled>

/**
 * One file an approver in `folder/approvers`, 0600. Written by hand where the signer runs, never by request: whoever has
 * the web tier must not make himself a second person.
 */
export function createApproverSecretStore(folder: string): ApproverSecretStore {
  const approvers = join(folder, 'approvers')
  const fileOf = (id: string): string => join(approvers, `${createHash('sha256').update(id).digest('hex')}.json`)
  const totpOf = ({ name, secret }: Pick<Enrolled, 'name' | 'secret'>): TOTP =>
    new TOTP({ issuer: 'Kordon signer', label: name, period: PERIOD_S, secret: Secret.fromBase32(secret) })
  const read = (file: string): Enrolled => Enrolled.parse(JSON.parse(readFileSync(file, 'utf8')))
  const find = (id: string): Enrolled | undefined => (existsSync(fileOf(id)) ? read(fileOf(id)) : undefined)
  const enrol = (who: Omit<Enrolled, 'secret'>): string => {
    const enrolled = { ...who, secret: new Secret({ buffer: Uint8Array.from(randomBytes(20)).buffer }).base32 }
    mkdirSync(approvers, { recursive: true, mode: 0o700 })
    writeFileSync(`${fileOf(who.id)}.new`, JSON.stringify(enrolled), { mode: 0o600, flush: true })
    renameSync(`${fileOf(who.id)}.new`, fileOf(who.id))
    return totpOf(enrolled).toString()
  }
  return {
    has: (id) => existsSync(fileOf(id)),
    stepOf: (id, code, now) => {
      const enrolled = find(id)
      if (enrolled === undefined) return 'unknown'
      const off = totpOf(enrolled).validate({ token: code, timestamp: now, window: 1 })
      return off === null ? undefined : Math.floor(now / 1000 / PERIOD_S) + off
    },
    enrol: (id, name) => enrol({ id, name }),
    enrolForDemo: (id, name) => {
      const known = find(id)
      if (known === undefined) return enrol({ id, name, demo: true })
      return known.demo === true ? totpOf(known).toString() : undefined
    },
    demoCodeOf: (name, now) => {
      if (!existsSync(approvers)) return undefined
      const all = readdirSync(approvers).filter((file) => file.endsWith('.json'))
      const found = all.map((file) => read(join(approvers, file))).find((one) => one.demo === true && one.name === name)
      return found && totpOf(found).generate({ timestamp: now })
    },
  }
}
