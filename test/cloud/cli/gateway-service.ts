import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { CommissioningSheet } from '#contract/commissioning.ts'
import { GatewayId, VehicleId } from '#contract/ids.ts'
import { ClaimGrant } from '#contract/provisioning.ts'
import { createSheetSigner } from '../../../edge/commissioning/sheet-signature-client.ts'
import { createGatewayKey } from '../../../edge/identity/key-client.ts'
import { systemClock } from '../../support/system-clock.ts'

/** What a gateway's service answers the seal command: it has claimed its certificate and signs what it is asked to. */
export async function startGatewayService(dir: string, cloudUrl: string, code: string) {
  const { keyPem, csrPem } = await createGatewayKey()
  const claimed = await fetch(`${cloudUrl}/api/gateways/claim`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code, csrPem }),
  })
  const grant = ClaimGrant.parse(await claimed.json())
  const sign = createSheetSigner({ schema: 'kordon-identity/1', keyPem, grant })
  const sealed: CommissioningSheet[] = []
  const view = () => ({
    ...{ uplink: 'connected', relay: 'closed', wiring: 'a'.repeat(64), now: 0, devices: [] },
    ...{
      seal: sealed.length > 0 ? 'sealed' : 'never',
      configuration: { version: 1, source: 'local', override: false },
    },
  })
  const seal = (wish: object): object => {
    const sheet = CommissioningSheet.parse({
      schema: 'kordon-commissioning/1',
      gatewayId: GatewayId.parse(grant.gatewayId),
      vehicleId: VehicleId.parse(grant.vehicleId),
      at: systemClock.now(),
      software: 'test',
      configuration: { version: 1, hash: 'b'.repeat(64) },
      wiring: 'a'.repeat(64),
      profiles: [],
      ...wish,
    })
    sealed.push(sheet)
    return { sealed: true, sheet: sign?.(sheet) }
  }
  mkdirSync(dir, { recursive: true })
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const answer = request.url === '/view' ? view() : seal(JSON.parse(body))
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer))
    })
  })
  await new Promise<void>((done) => server.listen(join(dir, 'control.sock'), done))
  return { sealed, close: () => new Promise((done) => server.close(done)) }
}
