import type { World } from './world.ts'

/** What is on the identity's file: whole, the old one or the next. `ends`: less than a third of its life is left. */
export type IdentityFile = { certificate: { readonly serial: string; readonly ends: boolean } }

const FIRST = '1'
export const firstIdentity = (): IdentityFile => ({ certificate: { serial: FIRST, ends: false } })

/** The cloud's word about the certificates of one gateway, oldest first; those retired are turned away. */
export type Certificates = readonly { readonly serial: string; readonly retired: boolean }[]
export const FIRST_CERTIFICATES: Certificates = [{ serial: FIRST, retired: false }]

/** Pure. As `gateway-store.ts` has it: what was granted before the certificate that asks is of no use any more. */
export function withRenewed(known: Certificates, serial: string, askedBy: string): Certificates {
  const asking = known.findIndex((one) => one.serial === askedBy)
  if (asking < 0 || known.some((one) => one.serial === serial)) return known
  const before = known.map((one, index) => (index < asking ? { ...one, retired: true } : one))
  return [...before, { serial, retired: known[asking]?.retired === true }]
}

/** Pure. As `gateway-registry.ts` has it. */
export const counts = (known: Certificates, serial: string): boolean =>
  known.some((one) => one.serial === serial && !one.retired)

type Deps = {
  readonly file: IdentityFile
  readonly full: () => boolean
  /** Sends the request; `answered` runs when a granted certificate is there, if this process still lives. */
  readonly ask: (present: string, answered: (serial: string) => void) => void
  /** Asked when the next certificate is there and not yet on disk: true stops the process there. */
  readonly dies: (at: 'certificate-renewed-before-swap') => boolean
  readonly later: (ms: number, run: () => void) => void
  readonly world: Pick<World, 'sometimes'>
}

const LOOK_MS = 3_600_000

/** The rules of `renewal-loop.ts` and `identity-store.ts`: a next key each time, on disk first and then in use. */
export function createSimulatedIdentity({ file, full, ask, dies, later, world }: Deps) {
  const swap = (serial: string): void => {
    if (dies('certificate-renewed-before-swap') || full()) return
    file.certificate = { serial, ends: false }
    world.sometimes('a certificate was renewed')
  }
  const look = (): void => {
    const { serial, ends } = file.certificate
    if (ends) ask(serial, swap)
    later(LOOK_MS, look)
  }
  return {
    start: look,
    /** Two thirds of its life are over. */
    age: (): void => {
      file.certificate = { ...file.certificate, ends: true }
    },
    serial: (): string => file.certificate.serial,
  }
}
