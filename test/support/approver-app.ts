import { TOTP, URI } from 'otpauth'
import { epochMs } from '#contract/instant.ts'
import { createApproverSecretStore } from '../../cloud/signer/approver-secret-store.ts'
import { createPasskeyStore } from '../../cloud/signer/passkey-store.ts'
import type { Signer } from '../../cloud/signer/signer-service.ts'
import { createSoftPasskey } from './soft-passkey.ts'

/** The authenticator app of one approver, set up where the signer runs. */
export type ApproverApp = { code(now: number): string }

/** `folder` is the signer's own; `id` the account of the approver. */
export function setUpApprover(folder: string, id: string, name: string): ApproverApp {
  const app = URI.parse(createApproverSecretStore(folder).enrol(id, name))
  if (!(app instanceof TOTP)) throw new Error('expected codes by time')
  return { code: (now) => app.generate({ timestamp: now }) }
}

/** Under which name browsers know the console in tests that ask none. */
export const APPROVERS_PARTY = { id: 'console.example', origins: ['https://console.example'] }

/** A passkey of one approver, brought with a word of the signer's terminal and confirmed there. */
export async function setUpPasskey(
  signer: Pick<Signer, 'beginPasskey' | 'keepPasskey'>,
  folder: string,
  id: string,
  now: number,
) {
  const terminal = createPasskeyStore(folder)
  const key = createSoftPasskey(APPROVERS_PARTY.id, APPROVERS_PARTY.origins[0] ?? '')
  const begun = await signer.beginPasskey({ id, name: id, word: terminal.invite(id, id, epochMs(now)) })
  if (begun.outcome === 'refused') throw new Error(begun.reason)
  const kept = await signer.keepPasskey({ id, passkey: key.register(begun.question.challenge) })
  if (kept.outcome === 'refused') throw new Error(kept.reason)
  if (terminal.confirm(kept.thumbprint) === undefined) throw new Error('not confirmed')
  return key
}
