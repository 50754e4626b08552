import { z } from 'zod'
import { GatewayId, VehicleId } from '#contract/ids.ts'
import { ClaimCode } from '#contract/provisioning.ts'
import type { Session } from './lease-seed.ts'

/** What a technician leaves behind in a car. Without a claim code the gateway's folder must hold its identity already. */
export type Provisioned = {
  readonly vehicleId: VehicleId
  readonly gatewayId: GatewayId
  readonly claimCode?: ClaimCode
  readonly commissioning: 'sealed' | 'open'
}

export type ProvisionClient = {
  /**
   * Makes sure that the vehicle exists and has a gateway. Repeating it changes nothing. `identity` says whether the
   * gateway's folder still holds what it was granted. Throws with the cloud's own words.
   */
  provision(vehicle: { plate: string; model: string }, identity: 'kept' | 'none'): Promise<Provisioned>
  /** Seals the commissioning of a gateway that was claimed; the cloud refuses it for one that was not. */
  seal(gatewayId: GatewayId): Promise<void>
}

// The cloud's answers carry more than a technician needs, so unknown members are let through here.
const VehicleList = z.object({
  items: z.array(z.object({ id: VehicleId, plate: z.string() })),
  nextCursor: z.string().nullish(),
})
const Created = z.object({ id: VehicleId })
const GatewayItem = z.object({ id: GatewayId, vehicleId: VehicleId.nullable(), state: z.string(), sealed: z.unknown() })
const GatewayList = z.object({ items: z.array(GatewayItem), nextCursor: z.string().nullish() })
const NewGateway = z.object({ id: GatewayId, claimCode: ClaimCode })
const NewCode = z.object({ claimCode: ClaimCode })

/** Speaks REST like any outside program, signed in as the demo's technician and owner. */
export function createProvisionClient(cloudUrl: string): ProvisionClient {
  const owner = createSession(cloudUrl, 'owner')
  const technician = createSession(cloudUrl, 'technician')

  async function vehicleFor(plate: string, model: string): Promise<VehicleId> {
    const known = await everyItem(owner, '/api/vehicles', VehicleList)
    const found = known.find((vehicle) => vehicle.plate === plate)
    return found?.id ?? (await owner.send('POST', '/api/vehicles', Created, { plate, model })).id
  }

  async function gatewayFor(vehicleId: VehicleId, identity: 'kept' | 'none'): Promise<Provisioned> {
    const gateways = await everyItem(technician, '/api/gateways', GatewayList)
    const found = gateways.find((gateway) => gateway.vehicleId === vehicleId && gateway.state !== 'revoked')
    if (found === undefined) {
      const made = await technician.send('POST', '/api/gateways', NewGateway, { vehicleId })
      return { vehicleId, gatewayId: made.id, claimCode: made.claimCode, commissioning: 'open' }
    }
    const commissioning = found.sealed === null || found.sealed === undefined ? 'open' : 'sealed'
    if (identity === 'kept') return { vehicleId, gatewayId: found.id, commissioning }
    const { claimCode } = await technician.send('POST', `/api/gateways/${found.id}/claim-code`, NewCode, {})
    return { vehicleId, gatewayId: found.id, claimCode, commissioning }
  }

  return {
    provision: async ({ plate, model }, identity) => gatewayFor(await vehicleFor(plate, model), identity),
    seal: async (gatewayId) => {
      await technician.send('POST', `/api/gateways/${gatewayId}/commissioning`, z.unknown(), {
        note: 'Реле, вход зажигания и подтверждение реле проверены на виртуальной машине',
      })
    },
  }
}

type Page<Item> = { items: Item[]; nextCursor?: string | null | undefined }

async function everyItem<Item>(session: Session, path: string, page: z.ZodType<Page<Item>>): Promise<readonly Item[]> {
  const items: Item[] = []
  let cursor: string | null | undefined
  do {
    const query = cursor ? `?limit=100&cursor=${encodeURIComponent(cursor)}` : '?limit=100'
    const answer = await session.send('GET', `${path}${query}`, page)
    items.push(...answer.items)
    cursor = answer.nextCursor
  } while (cursor)
  return items
}

/** Signs in by the demo's own password at the first call. */
export function createSession(cloudUrl: string, login: string): Session {
  let cookie: string | undefined

  async function call(method: string, path: string, body?: object): Promise<Response> {
    return fetch(`${cloudUrl}${path}`, {
      method,
      headers: {
        origin: cloudUrl,
        ...(cookie === undefined ? {} : { cookie }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(15_000),
    })
  }

  async function signIn(): Promise<void> {
    const response = await call('POST', '/api/session', { login, password: `demo-${login}` })
    if (!response.ok) throw new Error(`sign-in as ${login}: ${response.status} ${await response.text()}`)
    await response.arrayBuffer()
    cookie = response.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ')
  }

  return {
    send: async (method, path, answer, body) => {
      if (cookie === undefined) await signIn()
      const response = await call(method, path, body)
      const text = await response.text()
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
      return answer.parse(text === '' ? undefined : JSON.parse(text))
    },
  }
}
