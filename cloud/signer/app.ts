import { chmodSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname } from 'node:path'
import type { World } from '../world.ts'
import { createApprovalService } from './approval-service.ts'
import { type ApproverSecretStore, createApproverSecretStore } from './approver-secret-store.ts'
import { createPasskeyClient } from './passkey-client.ts'
import { createPasskeyStore } from './passkey-store.ts'
import type { SignerPolicy } from './signer-policy.ts'
import { createSignerRoutes } from './signer-routes.ts'
import { createSignerService, type Signer } from './signer-service.ts'
import { createSignerStore } from './signer-store.ts'

export type SignerSettings = {
  /** Holds the private key and the durable state; nobody else opens it. */
  readonly folder: string
  readonly socketPath: string
  /** Permissions of the socket: 0o600, or 0o660 when the web tier is another user of the same group. */
  readonly socketMode: number
  readonly policy: SignerPolicy
  /** Under which name and addresses browsers know the console: passkeys of approvers are made for it. */
  readonly party: { readonly id: string; readonly origins: readonly string[] }
  /** In the demo: hears the name of each approver registered for it, and what an authenticator app reads. */
  readonly tellDemoApprover?: (name: string, address: string) => void
}

export type SignerHouse = {
  readonly signer: Signer
  listen(): Promise<void>
  close(): Promise<void>
}

/** Builds the signer; listens only when told to. */
export function createSignerHouse(settings: SignerSettings, world: Pick<World, 'clock' | 'log'>): SignerHouse {
  const { socketPath, socketMode, policy, party } = settings
  const store = createSignerStore(settings.folder)
  const secrets = createApproverSecretStore(settings.folder)
  const { waysOf, ...approvals } = createApprovalService({
    store,
    secrets,
    passkeys: createPasskeyStore(settings.folder),
    checks: createPasskeyClient(party),
    policy,
    ...world,
  })
  const governed = { ...createSignerService({ store, policy, waysOf, ...world }), ...approvals }
  const { tellDemoApprover } = settings
  const signer = tellDemoApprover === undefined ? governed : withDemoApprovers(governed, secrets, tellDemoApprover)
  const server = createServer(createSignerRoutes(signer, world.log))
  return {
    signer,
    listen: async () => {
      mkdirSync(dirname(socketPath), { recursive: true, mode: 0o700 })
      // A socket left by a killed signer: nobody answers behind it. Its store's lock keeps two signers apart.
      if (existsSync(socketPath)) rmSync(socketPath)
      await new Promise<void>((done, failed) => {
        server.once('error', failed)
        server.listen(socketPath, done)
      })
      chmodSync(socketPath, socketMode)
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>((done) => server.close(() => done()))
      store.close()
    },
  }
}

/** Two persons can be tried without a word at the terminal: whoever the demo registers gets a secret, and it is told. */
const withDemoApprovers = (
  signer: Signer,
  secrets: ApproverSecretStore,
  tell: (name: string, address: string) => void,
): Signer => ({
  ...signer,
  addApprover: async (wish) => {
    const status = await signer.addApprover(wish)
    const address = wish.by === 'demo' ? secrets.enrolForDemo(wish.id, wish.name) : undefined
    if (address !== undefined) tell(wish.name, address)
    return status
  },
})
