import { TOTP, URI } from 'otpauth'
import { createApproverSecretStore } from '../../cloud/signer/approver-secret-store.ts'

/** The authenticator app of one approver, set up where the signer runs. */
export type ApproverApp = { code(now: number): string }

/** `folder` is the signer's own; `id` the account of the approver. */
export function setUpApprover(folder: string, id: string, name: string): ApproverApp {
  const app = URI.parse(createApproverSecretStore(folder).enrol(id, name))
  if (!(app instanceof TOTP)) throw new Error('expected codes by time')
  return { code: (now) => app.generate({ timestamp: now }) }
}
