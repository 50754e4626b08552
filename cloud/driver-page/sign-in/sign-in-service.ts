import { createHash, timingSafeEqual } from 'node:crypto'
import { later, minutes } from '#contract/instant.ts'
import type { DriverId } from '../../drivers/driver.ts'
import type { Phone } from '../../drivers/phone.ts'
import type { Caller } from '../../http/access.ts'
import { Fault } from '../../http/fault.ts'
import type { Db, Postgres } from '../../postgres/postgres-client.ts'
import type { World } from '../../world.ts'
import { CODE_LASTS, CODES, digitsFrom, mayAsk, SESSION_LASTS, TRIES } from './code.ts'
import type { SignInStore } from './sign-in-store.ts'

export type SignInService = ReturnType<typeof createSignInService>

type Deps = Pick<World, 'clock' | 'uuid' | 'log' | 'randomBytes'> &
  Pick<Postgres, 'db' | 'inTransaction'> & {
    readonly signInStore: (db: Db) => SignInStore
    /** Who is reached by this number and may see his page; undefined: nobody. */
    readonly driverOf: (db: Db, phone: Phone) => Promise<DriverId | undefined>
    readonly mayStay: (driver: DriverId) => Promise<{ readonly name: string } | undefined>
    /** Within the transaction. */
    readonly sendCode: (
      db: Db,
      to: { readonly driverId: DriverId; readonly phone: Phone },
      digits: string,
      key: string,
    ) => Promise<void>
    /** Puts on record who came in, or tried to with a wrong code; never rejects. */
    readonly tell: (event: 'signed-in' | 'refused', driver: DriverId | undefined, data: SignInFacts) => Promise<void>
  }
export type SignInFacts = { readonly phone: Phone; readonly address: string }

const DAY = minutes(24 * 60)
const hash = (...parts: readonly string[]): string => createHash('sha256').update(parts.join(' ')).digest('hex')
const same = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))

/** Sign-in by a code sent to a number that a driver has. What is answered never tells whether anybody has it. */
export function createSignInService(deps: Deps) {
  const { clock, inTransaction } = deps
  const reading = deps.signInStore(deps.db)
  return {
    /** Faults: request/too-many, alike for every number. */
    askCode: async (phone: Phone, address: string): Promise<void> => {
      const now = clock.now()
      const asked = await reading.asked(phone, address, later(now, -CODES.window), later(now, -DAY))
      if (!mayAsk(asked)) throw new Fault('request/too-many', undefined, { retryAfterS: CODES.window / 1000 })
      const digits = digitsFrom(deps.randomBytes(6))
      const id = deps.uuid()
      await inTransaction(async (db) => {
        const expiresAt = later(now, CODE_LASTS)
        const row = {
          id,
          phone,
          address,
          codeHash: hash(id, digits),
          createdAt: now,
          expiresAt,
          tries: 0,
          usedAt: null,
        }
        await deps.signInStore(db).addCode(row)
        const driverId = await deps.driverOf(db, phone)
        if (driverId !== undefined) await deps.sendCode(db, { driverId, phone }, digits, `code ${id}`)
      })
    },
    /** The secret of a new session. Faults: driver-page/wrong-code, alike for wrong, old, used and unknown. */
    signIn: async (phone: Phone, digits: string, address: string): Promise<string> => {
      const now = clock.now()
      const driverId = await inTransaction(async (db) => {
        const store = deps.signInStore(db)
        const code = await store.codeOf(phone, now)
        if (code === undefined || code.usedAt !== null || code.tries >= TRIES) return undefined
        const fits = same(code.codeHash, hash(code.id, digits))
        await store.tried(code.id, code.tries + 1, fits ? now : null)
        return fits ? deps.driverOf(db, phone) : undefined
      })
      if (driverId === undefined) {
        await deps.tell('refused', undefined, { phone, address })
        throw new Fault('driver-page/wrong-code')
      }
      const token = Buffer.from(deps.randomBytes(32)).toString('base64url')
      await reading.addSession({
        tokenHash: hash(token),
        driverId,
        createdAt: now,
        expiresAt: later(now, SESSION_LASTS),
      })
      deps.log.info({ driverId }, 'driver-page.signed-in')
      await deps.tell('signed-in', driverId, { phone, address })
      return token
    },
    signOut: (token: string) => reading.endSession(hash(token)),
    /** The driver of a session: sees nothing but what is his own. */
    findCaller: async (token: string | undefined): Promise<Caller | null> => {
      if (token === undefined) return null
      const session = await reading.session(hash(token), clock.now())
      if (session === undefined) return null
      const driver = await deps.mayStay(session.driverId)
      if (driver === undefined) return null
      return { id: session.driverId, login: 'driver', name: driver.name, role: 'driver', by: 'session', parks: [] }
    },
    forgetOld: () => reading.forget(clock.now(), later(clock.now(), -DAY)),
  }
}
