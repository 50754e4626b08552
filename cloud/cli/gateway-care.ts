import { confirm } from '@clack/prompts'
import { z } from 'zod'
import { CommandFailed, createApiClient } from './api-client.ts'
import { everyGateway, Gateway, gatewayMeant } from './gateway-search.ts'
import { readAccess } from './sign-in-file.ts'
import { tableLines } from './table.ts'
import type { Terminal } from './terminal.ts'

export type RevokeOptions = { readonly yes?: boolean }

/** Takes a gateway out of service for good. Asks once, unless told that it is meant. */
export async function revokeGateway(terminal: Terminal, wanted: string, { yes }: RevokeOptions): Promise<void> {
  const api = createApiClient(readAccess(terminal.env))
  const { id, plate } = gatewayMeant(await everyGateway(api), wanted)
  if (yes !== true && !terminal.isInteractive)
    throw new CommandFailed('input/missing', `this cannot be undone: say --yes to revoke ${id}`)
  if (yes !== true && (await confirm({ message: `Revoke ${id} of ${plate ?? 'no vehicle'} for good?` })) !== true)
    throw new CommandFailed('input/cancelled', 'cancelled')
  const revoked = await api.send('POST', `/api/gateways/${id}/revoke`, Gateway)
  terminal.result({ gatewayId: id, plate, state: revoked.state }, () => [
    `${id} is revoked: its session has ended, its certificate counts no more, ${plate ?? 'its vehicle'} cannot be blocked.`,
  ])
}

/** What to do about each kind of trouble. */
const ADVICE: Readonly<Record<string, string>> = {
  'not-claimed': 'give it a new code: kordon gateway provision',
  'not-sealed': 'at the car: kordon edge test, then kordon edge seal',
  'certificate-ends': 'see why it does not reach the cloud; else claim it again',
  'certificate-ended': 'take it out (kordon gateway revoke) and provision it anew',
  'never-seen': 'look to its power, antenna and SIM',
  offline: 'look to its power, antenna and SIM',
  drift: 'publish its configuration again, or change what the park wants',
}

/** What a person should see to, gateway by gateway. Answers whether all is well. */
export async function examineGateways(terminal: Terminal, wanted: string | undefined): Promise<'well' | 'troubled'> {
  const api = createApiClient(readAccess(terminal.env))
  const ready = await api.get('/api/ready', z.looseObject({})).then(
    () => 'ready' as const,
    (cause: unknown) => (cause instanceof Error ? cause.message : String(cause)),
  )
  const all = await everyGateway(api)
  const examined = wanted === undefined ? all.filter(({ state }) => state !== 'revoked') : [gatewayMeant(all, wanted)]
  const rows = examined.flatMap(({ id, plate, troubles }) =>
    troubles.map(({ kind, text }) => ({ gatewayId: id, plate, kind, text, advice: ADVICE[kind] ?? null })),
  )
  terminal.result({ cloud: ready, gateways: examined.length, troubles: rows }, () => [
    ...(ready === 'ready' ? [] : [`the cloud is not ready: ${ready}`]),
    ...(rows.length === 0
      ? [`${examined.length} gateways, nothing to see to`]
      : tableLines(
          ['gateway', 'vehicle', 'what', '', 'to do'],
          rows.map(({ gatewayId, plate, kind, text, advice }) => [gatewayId, plate ?? '–', kind, text, advice ?? '']),
        )),
  ])
  return rows.length === 0 && ready === 'ready' ? 'well' : 'troubled'
}
