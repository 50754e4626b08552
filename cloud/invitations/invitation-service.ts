import { createHash } from 'node:crypto'
import { later, type Millis, minutes } from '#contract/instant.ts'
import type { Caller, Role } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import type { PeopleService } from '../people/people-service.ts'
import type { World } from '../world.ts'
import type { InvitationStore } from './invitation-store.ts'

const LIVES: Millis = minutes(72 * 60)
const RECOVERY_LIVES: Millis = minutes(60)

type Deps = {
  readonly world: World
  readonly store: InvitationStore
  readonly people: Pick<PeopleService, 'createAccount' | 'recover' | 'accountById' | 'refuseWeak' | 'isTaken'>
  /** Tells the person that a link was given for the own account; never rejects. */
  readonly notify: (accountId: string, change: 'recovery-link') => Promise<void>
  /** Whoever had the lost phone has nothing any more. */
  readonly forgetFactors: (accountId: string) => Promise<void>
}

export type Wish = {
  readonly name: string
  readonly role: Role
  readonly login?: string | undefined
  /** Ids; absent: all. */
  readonly parks?: readonly string[] | undefined
}

export type InvitationService = ReturnType<typeof createInvitationService>

/** New people come by a link that works once; who lost everything comes back by one too, and may block nothing for a day. */
export function createInvitationService({ world, store, people, notify, forgetFactors }: Deps) {
  const { clock, log } = world
  const issue = async (
    caller: Caller,
    lives: Millis,
    wish: Wish & { kind: 'new' | 'recovery'; accountId: string | null },
  ) => {
    const token = Buffer.from(world.randomBytes(32)).toString('base64url')
    const { kind, accountId, name, role, login = null, parks = null } = wish
    const invitation = {
      ...{ id: world.uuid(), tokenHash: hashed(token), kind, accountId, login, name, role, parks },
      ...{ createdBy: caller.id, createdAt: clock.now(), expiresAt: later(clock.now(), lives) },
      ...{ usedAt: null, withdrawnAt: null },
    }
    await store.insert(invitation)
    log.info({ invitationId: invitation.id, role, kind, accountId: caller.id }, 'invitations.issued')
    return { id: invitation.id, token, expiresAt: invitation.expiresAt }
  }
  const opened = async (token: string) => {
    const found = await store.find(hashed(token), clock.now())
    if (found === undefined) throw new Fault('invitation/closed')
    return found
  }
  return {
    /** Faults: access/forbidden for a role above the own, or parks out of sight. */
    invite: async (caller: Caller, wish: Wish) => {
      if (caller.role !== 'owner' && (wish.role === 'owner' || wish.role === 'head'))
        throw new Fault('access/forbidden', 'only an owner invites owners and heads')
      if (caller.parks !== 'all' && !(wish.parks?.every((park) => caller.parks.includes(park)) ?? false))
        throw new Fault('access/forbidden', 'nobody lets others see more parks than one sees')
      return issue(caller, LIVES, { ...wish, kind: 'new', accountId: null })
    },
    /** A link that sets a new password and takes every second factor away. Faults: account/unknown, access/forbidden. */
    recovery: async (caller: Caller, accountId: string) => {
      if (caller.id === accountId) throw new Fault('access/forbidden', 'another owner has to recover this account')
      const account = await people.accountById(accountId)
      if (account === undefined) throw new Fault('account/unknown')
      const { name, role, login } = account
      const issued = await issue(caller, RECOVERY_LIVES, { name, role, login, kind: 'recovery', accountId })
      await notify(accountId, 'recovery-link')
      return issued
    },
    open: () => store.open(clock.now()),
    /** What a link is for. Faults: invitation/closed. */
    look: opened,
    /** Makes the account, or recovers it; the link is used up. Faults: invitation/closed, account/login-taken, account/weak-password. */
    accept: async (token: string, login: string | undefined, password: string) => {
      const found = await opened(token)
      if (found.kind === 'recovery' && found.accountId !== null) {
        people.refuseWeak(password, found.login ?? '')
        if (!(await store.use(found.id, clock.now()))) throw new Fault('invitation/closed')
        await forgetFactors(found.accountId)
        return people.recover(found.accountId, password)
      }
      const name = found.login ?? login
      if (name === undefined) throw new Fault('request/invalid', 'a login is needed')
      const parks = found.parks ?? undefined
      people.refuseWeak(password, name)
      if (await people.isTaken(name)) throw new Fault('account/login-taken')
      // Used first: whatever happens next, one link never makes two accounts.
      if (!(await store.use(found.id, clock.now()))) throw new Fault('invitation/closed')
      return people.createAccount({ login: name, name: found.name, role: found.role, password, parks })
    },
    withdraw: async (id: string): Promise<void> => {
      if (!(await store.withdraw(id, clock.now()))) throw new Fault('invitation/unknown')
    },
  }
}

const hashed = (token: string): string => createHash('sha256').update(token).digest('hex')
