import { randomInt } from 'node:crypto'
import { GatewayId } from '#contract/ids.ts'
import { ClaimGrant } from '#contract/provisioning.ts'
import { createGatewayKey } from '../../edge/identity/key-client.ts'
import type { RestClient } from './rest-client.ts'

/** A gateway of a new vehicle that has claimed its certificate, as a technician and the gateway would do it over REST. */
export async function claimCertificate(url: string, office: RestClient) {
  const plate = `Т${randomInt(100, 1000)}ЕС${randomInt(100, 1000)}`
  const added = await office.send('POST', '/api/vehicles', { plate, model: 'Haval Jolion' })
  if (added.status !== 201) throw new Error(`no vehicle: ${JSON.stringify(added.body)}`)
  const vehicle = added.body
  const { id, claimCode } = (await office.send('POST', '/api/gateways', { vehicleId: vehicle.id })).body
  const { keyPem, csrPem } = await createGatewayKey()
  const answer = await fetch(`${url}/api/gateways/claim`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code: claimCode, csrPem }),
  })
  const said = await answer.text()
  if (!answer.ok) throw new Error(`the claim was refused: ${said}`)
  const grant = ClaimGrant.parse(JSON.parse(said))
  if (grant.by !== 'certificate') throw new Error('expected a certificate')
  return {
    gateway: GatewayId.parse(id),
    vehicle: String(vehicle.id),
    plate,
    key: keyPem,
    cert: grant.certificatePem,
    ca: grant.caPem,
    grant,
  }
}
