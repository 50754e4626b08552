import { createHash, randomBytes } from 'node:crypto'
import { type EpochMs, later, minutes } from '#contract/instant.ts'
import type { World } from '../world.ts'
import { type ApprovalList, listOf } from './approval-list.ts'
import type { ApproverSecretStore } from './approver-secret-store.ts'
import type { PasskeyClient } from './passkey-client.ts'
import type { PasskeyStore } from './passkey-store.ts'
import type {
  ApprovalAnswer,
  ApprovalRefusal,
  ApprovalWay,
  ApprovalWish,
  InvitationAnswer,
  ListAnswer,
  ListWish,
  NewPasskeyAnswer,
  NewPasskeyWish,
  PasskeyApprovalWish,
  PasskeyInvitation,
} from './signer-message.ts'
import { type SignerPolicy, stricter } from './signer-policy.ts'
import type { SignerStore } from './signer-store.ts'

/** The second person's word, which the signer checks itself. */
export type Approvals = {
  /** Counted only with a code of the secret that was given out where the signer runs, and while the policy lets codes count. */
  approve(wish: ApprovalWish): Promise<ApprovalAnswer>
  /** The question for a passkey whose challenge is the digest of exactly these blocks; it is answered once, within five minutes. */
  askPasskey(wish: ListWish): Promise<ListAnswer>
  /** The passkey's answer: the person stands by the blocks of that list as they were listed, and by nothing else. */
  approveByPasskey(wish: PasskeyApprovalWish): Promise<ApprovalAnswer>
  /** The question for a new passkey, against the word that was shown where the signer runs. */
  beginPasskey(wish: PasskeyInvitation): Promise<InvitationAnswer>
  /** Keeps the new passkey; it counts once its thumbprint has been said where the signer runs. */
  keepPasskey(wish: NewPasskeyWish): Promise<NewPasskeyAnswer>
}

type Deps = Pick<World, 'clock' | 'log'> & {
  readonly store: SignerStore
  readonly secrets: Pick<ApproverSecretStore, 'has' | 'stepOf'>
  readonly passkeys: Pick<PasskeyStore, 'isInvited' | 'keep' | 'of'>
  readonly checks: PasskeyClient
  readonly policy: SignerPolicy
}

/** Guessing six digits, or a word: so many wrong ones within so long, then none is looked at. */
const [WRONG_CODES, WRONG_FOR] = [5, minutes(10)]
const QUESTION_LIVES = minutes(5)

export function createApprovalService(deps: Deps): Approvals & {
  /** With what this person can prove himself now. */
  waysOf(id: string): readonly ApprovalWay[]
} {
  const { store, secrets, passkeys, checks, clock, log } = deps
  const lists = createQuestionMemory<ApprovalList>()
  const invitations = createQuestionMemory<{ readonly challenge: string; readonly word: string }>()

  const refused = (approver: string, reason: ApprovalRefusal) => {
    log.warn({ approver, reason }, 'signer.approval-refused')
    return { outcome: 'refused', reason } as const
  }
  /** `undefined` when right. A right one is looked at only while not too many were wrong. */
  const guessed = (
    book: string,
    isRight: () => boolean,
    wrong: 'wrong-code' | 'wrong-word',
  ): ApprovalRefusal | undefined => {
    const now = clock.now()
    const before = store.wrongCodes(book).filter((at) => Math.abs(now - at) < WRONG_FOR)
    if (before.length >= WRONG_CODES) return 'locked'
    if (isRight()) return undefined
    store.keepWrongCodes(book, [...before, now])
    return wrong
  }

  const codesCountFor = (id: string): boolean => {
    const { approvalCodes } = stricter(deps.policy, store.tightened())
    return approvalCodes === 'always' || (approvalCodes === 'without-passkey' && passkeys.of(id).length === 0)
  }

  const approve: Approvals['approve'] = async ({ id, code, orders }) => {
    const now = clock.now()
    if (!codesCountFor(id)) return refused(id, 'passkey-wanted')
    if (!secrets.has(id)) return refused(id, 'not-enrolled')
    const isRight = (): boolean => {
      const step = secrets.stepOf(id, code, now)
      return typeof step === 'number' && store.keepApproval(id, step, orders)
    }
    const wrong = guessed(id, isRight, 'wrong-code')
    if (wrong !== undefined) return refused(id, wrong)
    log.info({ approver: id, way: 'code', orders: orders.length }, 'signer.approved')
    return { outcome: 'approved', way: 'code', orders }
  }

  const askPasskey: Approvals['askPasskey'] = async ({ id, blocks }) => {
    const keys = passkeys.of(id)
    if (keys.length === 0) return refused(id, 'no-passkey')
    const list = listOf(randomBytes(32).toString('base64url'), id, blocks)
    lists.keep(id, list, clock.now())
    const question = checks.question(
      challengeOf(list),
      keys.map(({ credentialId }) => credentialId),
    )
    return { outcome: 'asked', wish: list.wish, until: list.until, question }
  }

  const approveByPasskey: Approvals['approveByPasskey'] = async ({ id, wish, passkey }) => {
    const now = clock.now()
    // Taken away before it is looked at: a question has one answer, right or wrong.
    const list = lists.take(id, now)
    if (list?.wish !== wish) return refused(id, 'question-over')
    const key = passkeys.of(id).find(({ credentialId }) => credentialId === passkey.id)
    const counter = key && checks.answered(passkey, key, challengeOf(list))
    if (key === undefined || counter === undefined) return refused(id, 'passkey-wrong')
    const { credentialId } = key
    const use = store.passkeyUse(credentialId) ?? { counter: key.counter, suspended: false }
    if (use.suspended) return refused(id, 'passkey-cloned')
    // Two devices with one key: which of them the person has nobody can say, so neither counts any more.
    if ((counter > 0 || use.counter > 0) && counter <= use.counter) {
      store.suspendPasskey(credentialId, use.counter)
      return refused(id, 'passkey-cloned')
    }
    store.keepSignedList({ list, credentialId, counter, at: now, answer: passkey })
    log.info({ approver: id, way: 'passkey', orders: list.count, wish }, 'signer.approved')
    return { outcome: 'approved', way: 'passkey', orders: list.blocks.map(({ orderId }) => orderId) }
  }

  const beginPasskey: Approvals['beginPasskey'] = async ({ id, name, word }) => {
    const now = clock.now()
    const wrong = guessed(`word ${id}`, () => passkeys.isInvited(id, word, now), 'wrong-word')
    if (wrong !== undefined) return refused(id, wrong)
    const challenge = randomBytes(32).toString('base64url')
    invitations.keep(id, { challenge, word }, now)
    const known = passkeys.of(id).map(({ credentialId }) => credentialId)
    return { outcome: 'asked', question: checks.newQuestion(challenge, { id, name }, known) }
  }

  const keepPasskey: Approvals['keepPasskey'] = async ({ id, passkey }) => {
    const now = clock.now()
    const asked = invitations.take(id, now)
    if (asked === undefined) return refused(id, 'question-over')
    const key = checks.registered(passkey, asked.challenge)
    if (key === undefined) return refused(id, 'passkey-wrong')
    const thumbprint = passkeys.keep(id, asked.word, key, now)
    if (thumbprint === undefined) return refused(id, 'question-over')
    log.warn({ approver: id, thumbprint }, 'signer.passkey-waits-for-confirmation')
    return { outcome: 'kept', thumbprint }
  }

  return {
    approve,
    askPasskey,
    approveByPasskey,
    beginPasskey,
    keepPasskey,
    waysOf: (id) => [
      ...(secrets.has(id) && codesCountFor(id) ? (['code'] as const) : []),
      ...(passkeys.of(id).length > 0 ? (['passkey'] as const) : []),
    ],
  }
}

/** SHA-256 of the list as it is written: `wish` in it makes every question another one. */
const challengeOf = (list: ApprovalList): string =>
  createHash('sha256').update(JSON.stringify(list)).digest('base64url')

/** One open question a person; the next takes its place, and a restart forgets them all: then it is asked again. */
function createQuestionMemory<Asked>() {
  const open = new Map<string, { readonly asked: Asked; readonly until: EpochMs }>()
  return {
    keep: (id: string, asked: Asked, now: EpochMs): void =>
      void open.set(id, { asked, until: later(now, QUESTION_LIVES) }),
    take: (id: string, now: EpochMs): Asked | undefined => {
      const found = open.get(id)
      open.delete(id)
      return found !== undefined && found.until >= now ? found.asked : undefined
    },
  }
}
