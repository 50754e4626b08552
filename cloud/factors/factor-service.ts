import { createHash } from 'node:crypto'
import { Secret, TOTP } from 'otpauth'
import { later } from '#contract/instant.ts'
import type { Caller } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import type { Account } from '../people/account.ts'
import type { SharedFailures } from '../people/shared-failures.ts'
import { PER_LOGIN } from '../people/throttle.ts'
import type { UnlockKeyStore } from '../unlock/unlock-key-store.ts'
import type { World } from '../world.ts'
import {
  type FactorWay,
  MOST_TRIES,
  plainCode,
  RECOVERY_CODES,
  recoveryCodeFrom,
  STEP_LIVES,
  stepOf,
  TOTP_PERIOD_S,
} from './factor.ts'
import type { FactorStore, Step } from './factor-store.ts'
import type { KeyAnswer } from './key-answer.ts'
import type { PasskeyClient } from './passkey-client.ts'

type Deps = {
  readonly world: World
  /** Tells the person of a change of the own factors; never rejects. */
  readonly notify: (accountId: string, change: 'factor-added' | 'factor-removed' | 'codes') => Promise<void>
  /** Puts on record that a factor was wrong; never rejects. */
  readonly refused: (accountId: string) => Promise<void>
  readonly store: FactorStore
  readonly failures: SharedFailures
  /** Its key lies outside the database. */
  readonly seal: Pick<UnlockKeyStore, 'seal' | 'open'>
  readonly passkeys: PasskeyClient
}

/** What a person shows: a code of the app, a recovery code, or a key's answer to the question of `step`. */
export type Shown = {
  readonly code?: string | undefined
  readonly recoveryCode?: string | undefined
  readonly passkey?: KeyAnswer | undefined
}

const TOTP_BYTES = 20

export type FactorService = ReturnType<typeof createFactorService>

/** Second factors: one-time codes by time, passkeys, and recovery codes for who has lost both. */
export function createFactorService({ world, notify, refused, store, failures, seal, passkeys }: Deps) {
  const { clock, log } = world
  const secret = (): string => Buffer.from(world.randomBytes(32)).toString('base64url')
  const totpOf = (login: string, sealed: string, accountId: string): TOTP =>
    new TOTP({
      issuer: 'Kordon',
      label: login,
      period: TOTP_PERIOD_S,
      secret: new Secret({ buffer: Uint8Array.from(seal.open(sealed, accountId)).buffer }),
    })

  const waysOf = async (accountId: string): Promise<readonly FactorWay[]> => {
    const [totp, keys, codes] = await Promise.all([
      store.totp(accountId),
      store.passkeys(accountId),
      store.recoveryCodesLeft(accountId),
    ])
    const first: FactorWay[] = [
      ...(totp?.confirmedAt == null ? [] : (['totp'] as const)),
      ...(keys.length === 0 ? [] : (['passkey'] as const)),
    ]
    return first.length > 0 && codes > 0 ? [...first, 'recovery-code'] : first
  }

  const beginStep = async (kind: Step['kind'], accountId: string | null, data: Step['data']): Promise<string> => {
    const step = secret()
    const expiresAt = later(clock.now(), STEP_LIVES)
    await store.beginStep({ tokenHash: hashed(step), kind, accountId, data, tries: 0, expiresAt })
    return step
  }

  /** A code counts once, and neither do older ones afterwards. */
  const fitsTotp = async (accountId: string, code: string): Promise<boolean> => {
    const row = await store.totp(accountId)
    if (row === undefined) return false
    const now = clock.now()
    const delta = totpOf('', row.sealed, accountId).validate({
      token: code.replaceAll(/\s/g, ''),
      timestamp: now,
      window: 1,
    })
    return delta !== null && store.takeStep(accountId, stepOf(now, delta))
  }
  const fitsPasskey = async (accountId: string, answer: KeyAnswer, challenge: unknown): Promise<boolean> => {
    const key = await store.passkey(answer.id)
    if (key === undefined || key.accountId !== accountId || typeof challenge !== 'string') return false
    const counter = await passkeys.answered(answer, key, challenge)
    if (counter === undefined) return false
    await store.usedPasskey(key.id, counter, clock.now())
    return true
  }

  /** Guesses are slowed down per account, whatever session or step they come through. */
  const throttled = async (accountId: string, check: () => Promise<boolean>): Promise<void> => {
    const guess = await failures.begin([{ key: `factor ${accountId}`, policy: PER_LOGIN }])
    if (!(await check())) {
      await guess.failed()
      log.warn({ accountId }, 'factors.wrong')
      await refused(accountId)
      throw new Fault('factor/wrong')
    }
    await guess.fitted()
  }

  const newRecoveryCodes = async (accountId: string): Promise<readonly string[]> => {
    const codes = Array.from({ length: RECOVERY_CODES }, () => recoveryCodeFrom(world.randomBytes(10)))
    await store.setRecoveryCodes(accountId, codes.map(hashedCode), clock.now())
    return codes
  }
  const withFirst = async (accountId: string): Promise<readonly string[] | null> =>
    (await store.recoveryCodesLeft(accountId)) > 0 ? null : newRecoveryCodes(accountId)

  const stands = async (accountId: string) => {
    const [totp, keys, recoveryCodesLeft] = await Promise.all([
      store.totp(accountId),
      store.passkeys(accountId),
      store.recoveryCodesLeft(accountId),
    ])
    return {
      totp: totp?.confirmedAt ?? null,
      passkeys: keys.map(({ id, name, createdAt, lastUsedAt }) => ({ id, name, createdAt, lastUsedAt })),
      recoveryCodesLeft,
    }
  }
  const removed = async (accountId: string, gone: boolean): Promise<void> => {
    if (!gone) throw new Fault('factor/unknown')
    // Without anything they would stand in for, they would be a password of their own.
    if ((await waysOf(accountId)).length === 0) await store.setRecoveryCodes(accountId, [], clock.now())
    log.info({ accountId }, 'factors.removed')
    await notify(accountId, 'factor-removed')
  }

  return {
    waysOf,
    stands,

    /** After the right password: a step to be finished with a second factor; undefined for an account without one. */
    begin: async ({ id }: Account) => {
      const ways = await waysOf(id)
      if (ways.length === 0) return undefined
      const question = ways.includes('passkey') ? await passkeys.question(await store.passkeys(id)) : undefined
      const step = await beginStep('second-factor', id, { challenge: question?.challenge ?? null })
      return { step, ways, passkey: question }
    },

    /**
     * Finishes a sign-in; the step is used up. Faults: session/step-expired, factor/wrong, session/throttled.
     */
    finish: async (
      step: string,
      shown: Shown,
    ): Promise<{ accountId: string; by: 'second-factor' | 'recovery-code' }> => {
      const found = await store.tryStep(hashed(step), 'second-factor', clock.now(), MOST_TRIES)
      const accountId = found?.accountId
      if (found === undefined || accountId == null) throw new Fault('session/step-expired')
      const { code, recoveryCode, passkey } = shown
      await throttled(accountId, async () => {
        if (code !== undefined) return (await confirmedTotp(store, accountId)) && fitsTotp(accountId, code)
        if (passkey !== undefined) return fitsPasskey(accountId, passkey, found.data['challenge'])
        if (recoveryCode === undefined) return false
        return store.spendRecoveryCode(accountId, hashedCode(recoveryCode), clock.now())
      })
      if ((await store.takeStepOnce(hashed(step), 'second-factor', clock.now())) === undefined)
        throw new Fault('session/step-expired')
      return { accountId, by: recoveryCode === undefined || code !== undefined ? 'second-factor' : 'recovery-code' }
    },

    /** The question for a passkey that is to prove the caller once more; faults: factor/none. */
    ask: async (caller: Caller) => {
      const known = await store.passkeys(caller.id)
      if (known.length === 0) throw new Fault('factor/none')
      const question = await passkeys.question(known)
      return { step: await beginStep('passkey-prove', caller.id, { challenge: question.challenge }), passkey: question }
    },

    /** Whether the caller shows a second factor now. Faults: factor/none, factor/wrong, session/throttled. */
    prove: async (caller: Caller, shown: Shown & { readonly step?: string | undefined }): Promise<void> => {
      if ((await waysOf(caller.id)).length === 0) throw new Fault('factor/none')
      const { code, passkey, step } = shown
      await throttled(caller.id, async () => {
        if (code !== undefined) return (await confirmedTotp(store, caller.id)) && fitsTotp(caller.id, code)
        if (passkey === undefined || step === undefined) return false
        const asked = await store.takeStepOnce(hashed(step), 'passkey-prove', clock.now())
        return asked?.accountId === caller.id && fitsPasskey(caller.id, passkey, asked.data['challenge'])
      })
    },

    /** A secret for an authenticator app; counts after its first code. Faults: factor/exists. */
    beginTotp: async (caller: Caller) => {
      if (await confirmedTotp(store, caller.id)) throw new Fault('factor/exists')
      const sealed = seal.seal(world.randomBytes(TOTP_BYTES), caller.id)
      await store.beginTotp(caller.id, sealed, clock.now())
      const totp = totpOf(caller.login, sealed, caller.id)
      return { secret: totp.secret.base32, uri: totp.toString() }
    },
    /** Recovery codes when these are the first, else null. Faults: factor/none, factor/exists, factor/wrong. */
    confirmTotp: async (caller: Caller, code: string): Promise<readonly string[] | null> => {
      const row = await store.totp(caller.id)
      if (row === undefined) throw new Fault('factor/none')
      if (row.confirmedAt !== null) throw new Fault('factor/exists')
      await throttled(caller.id, () => fitsTotp(caller.id, code))
      await store.confirmTotp(caller.id, clock.now())
      log.info({ accountId: caller.id }, 'factors.totp-confirmed')
      await notify(caller.id, 'factor-added')
      return withFirst(caller.id)
    },
    removeTotp: async (caller: Caller): Promise<void> => removed(caller.id, await store.removeTotp(caller.id)),

    beginPasskey: async (caller: Caller) => {
      const options = await passkeys.registration(caller, await store.passkeys(caller.id))
      return { step: await beginStep('passkey-register', caller.id, { challenge: options.challenge }), options }
    },
    /** Recovery codes when these are the first, else null. Faults: session/step-expired, factor/wrong, factor/exists. */
    addPasskey: async (caller: Caller, step: string, name: string, answer: KeyAnswer) => {
      const asked = await store.takeStepOnce(hashed(step), 'passkey-register', clock.now())
      const challenge = asked?.data['challenge']
      if (asked?.accountId !== caller.id || typeof challenge !== 'string') throw new Fault('session/step-expired')
      const key = await passkeys.registered(answer, challenge)
      if (key === undefined) throw new Fault('factor/wrong')
      const row = { ...key, accountId: caller.id, name, createdAt: clock.now(), lastUsedAt: null }
      if (!(await store.addPasskey(row))) throw new Fault('factor/exists')
      log.info({ accountId: caller.id }, 'factors.passkey-added')
      await notify(caller.id, 'factor-added')
      return { id: key.id, recoveryCodes: await withFirst(caller.id) }
    },
    removePasskey: async (caller: Caller, id: string): Promise<void> =>
      removed(caller.id, await store.removePasskey(id, caller.id)),

    /** The codes of before are void. Faults: factor/none. */
    newRecoveryCodes: async (caller: Caller): Promise<readonly string[]> => {
      if ((await waysOf(caller.id)).length === 0) throw new Fault('factor/none')
      const codes = await newRecoveryCodes(caller.id)
      await notify(caller.id, 'codes')
      return codes
    },
    /** Of an account that is being recovered: whoever had its phone has nothing any more. */
    removeAllOf: store.removeAllOf,
    forgetSteps: (): Promise<void> => store.forgetSteps(clock.now()),
  }
}

const confirmedTotp = async (store: FactorStore, accountId: string): Promise<boolean> =>
  (await store.totp(accountId))?.confirmedAt != null

const hashed = (word: string): string => createHash('sha256').update(word).digest('hex')
const hashedCode = (code: string): string => hashed(plainCode(code))
