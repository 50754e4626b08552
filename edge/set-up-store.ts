import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { ClaimCode } from '#contract/provisioning.ts'

/** What `kordon gateway provision --out` has written into the gateway's folder; needed once, to claim. */
const SetUp = z.strictObject({
  cloudUrl: z.url(),
  claimCode: ClaimCode,
  /** PEM authority of the cloud's HTTPS, when it has a certificate of its own. */
  caPem: z.string().exactOptional(),
})
export type SetUp = z.infer<typeof SetUp>

/** Reads `<dir>/gateway.json`; empty without it. Throws one error that names the file and every mistake in it. */
export function loadSetUp(dir: string): Partial<SetUp> {
  const file = join(dir, 'gateway.json')
  if (!existsSync(file)) return {}
  const text = readFileSync(file, 'utf8')
  try {
    return SetUp.parse(JSON.parse(text))
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : 'it is not JSON'
    throw new Error(`${file} is not usable: ${reason}`, { cause })
  }
}
