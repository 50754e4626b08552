import {
  type AuthenticationResponseJSON,
  type AuthenticatorTransport,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import type { Passkey } from './factor-store.ts'
import { Assertion, type KeyAnswer, Registration } from './key-answer.ts'

/** Under which name browsers know us: keys made for another name open nothing here. */
export type RelyingParty = { readonly id: string; readonly origins: readonly string[] }

export type PasskeyClient = ReturnType<typeof createPasskeyClient>

/** Questions to passkeys and the check of their answers (WebAuthn level 3). */
export function createPasskeyClient(party: RelyingParty) {
  const expected = { expectedOrigin: [...party.origins], expectedRPID: party.id }
  return {
    registration: (person: { id: string; login: string; name: string }, known: readonly Passkey[]) =>
      generateRegistrationOptions({
        rpName: 'Kordon',
        rpID: party.id,
        userID: new TextEncoder().encode(person.id),
        userName: person.login,
        userDisplayName: person.name,
        attestationType: 'none',
        excludeCredentials: known.map(({ id }) => ({ id })),
        authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
      }),
    /** Undefined when the answer is not one to this question. */
    registered: async (answer: KeyAnswer, challenge: string) => {
      const parsed = Registration.safeParse(answer)
      if (!parsed.success) return undefined
      const response: RegistrationResponseJSON = parsed.data
      const verdict = await verifyRegistrationResponse({ response, expectedChallenge: challenge, ...expected }).catch(
        () => undefined,
      )
      if (verdict?.verified !== true) return undefined
      const { id, publicKey, counter, transports } = verdict.registrationInfo.credential
      return { id, publicKey: Buffer.from(publicKey).toString('base64url'), counter, transports: transports ?? [] }
    },
    question: (known: readonly Passkey[]) =>
      generateAuthenticationOptions({
        rpID: party.id,
        allowCredentials: known.map(({ id }) => ({ id })),
        userVerification: 'required',
      }),
    /** The key's new counter; undefined when the answer is not this key's to this question. */
    answered: async (answer: KeyAnswer, key: Passkey, challenge: string): Promise<number | undefined> => {
      const parsed = Assertion.safeParse(answer)
      if (!parsed.success || parsed.data.id !== key.id) return undefined
      const response: AuthenticationResponseJSON = parsed.data
      const credential = {
        id: key.id,
        publicKey: new Uint8Array(Buffer.from(key.publicKey, 'base64url')),
        counter: key.counter,
        transports: key.transports.filter(isTransport),
      }
      const verdict = await verifyAuthenticationResponse({
        response,
        expectedChallenge: challenge,
        ...expected,
        credential,
        requireUserVerification: true,
      }).catch(() => undefined)
      return verdict?.verified === true ? verdict.authenticationInfo.newCounter : undefined
    },
  }
}

const TRANSPORTS: readonly string[] = ['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb']
const isTransport = (word: string): word is AuthenticatorTransport => TRANSPORTS.includes(word)
