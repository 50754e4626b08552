import { createPrivateKey, createPublicKey } from 'node:crypto'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ClaimRequest } from '#contract/provisioning.ts'
import { identify } from '../../../edge/identity/app.ts'
import { createIdentityStore } from '../../../edge/identity/identity-store.ts'
import { silentLog } from '../../support/silent-log.ts'
import { systemClock } from '../../support/system-clock.ts'

let dir = ''
let server: Server | undefined
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kordon-identity-'))
})
afterEach(() => {
  server?.close()
  rmSync(dir, { recursive: true, force: true })
})

const world = { clock: systemClock, log: silentLog }
const never = new AbortController().signal
const granted = {
  gatewayId: 'gw-testtest1',
  vehicleId: '3b9f2f5e-6f43-4f5e-8d52-0d5b5f4d2a11',
  signerKeys: [{ kty: 'OKP', crv: 'Ed25519', x: 'x', kid: 'one' }],
  caPem: 'ca',
  brokerUrl: 'mqtts://127.0.0.1:8883',
}

function cloud(
  answer: (request: ClaimRequest) => { status: number; body: object },
): Promise<{ url: string; asked: ClaimRequest[] }> {
  const asked: ClaimRequest[] = []
  return new Promise((done) => {
    const listening = createServer((request, response) => {
      let text = ''
      request.on('data', (part) => {
        text += part
      })
      request.on('end', () => {
        const claim = ClaimRequest.parse(JSON.parse(text))
        asked.push(claim)
        const { status, body } = answer(claim)
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
      })
    })
    server = listening
    listening.listen(0, '127.0.0.1', () => {
      const address = listening.address()
      done({ url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`, asked })
    })
  })
}

test('the key is made here, proved by the request, kept for its owner only, and claimed once', async () => {
  const { url, asked } = await cloud(() => ({
    status: 201,
    body: { ...granted, by: 'certificate', certificatePem: 'cert' },
  }))
  const config = { dir, cloudUrl: url, claimCode: 'ABCDEFGH' }
  const identity = await identify(config, world, never)
  expect(asked[0]?.csrPem).toContain('BEGIN CERTIFICATE REQUEST')
  const key = createPrivateKey(identity?.keyPem ?? '')
  expect(createPublicKey(key).asymmetricKeyDetails?.namedCurve).toBe('prime256v1')
  expect(asked[0]?.csrPem).not.toContain('PRIVATE')
  expect(statSync(join(dir, 'identity.json')).mode & 0o777).toBe(0o600)
  expect(await identify(config, world, never)).toEqual(identity)
  expect(asked).toHaveLength(1)
})

test('by password no certificate is asked for', async () => {
  const { url, asked } = await cloud(() => ({ status: 201, body: { ...granted, by: 'password', password: 'secret' } }))
  await identify({ dir, cloudUrl: url, claimCode: 'ABCDEFGH', transport: 'password' }, world, never)
  expect(asked).toEqual([{ code: 'ABCDEFGH' }])
})

test("a refusal is told in the cloud's words, and nothing is kept", async () => {
  const { url } = await cloud(() => ({
    status: 410,
    body: { title: 'The code has been used', detail: 'ask for another' },
  }))
  await expect(identify({ dir, cloudUrl: url, claimCode: 'ABCDEFGH' }, world, never)).rejects.toThrow(
    'The code has been used: ask for another',
  )
  expect(createIdentityStore(dir).load()).toBeUndefined()
})

test('a code is not spent where no identity could be kept', async () => {
  const { url, asked } = await cloud(() => ({ status: 201, body: { ...granted, by: 'password', password: 'secret' } }))
  const config = { dir: '/dev/null/gateway', cloudUrl: url, claimCode: 'ABCDEFGH', transport: 'password' } as const
  await expect(identify(config, world, never)).rejects.toThrow('takes no file, so the code was not used')
  expect(asked).toEqual([])
})

test('without an identity and without a code there is nothing to begin with', async () => {
  await expect(identify({ dir }, world, never)).rejects.toThrow('claim code')
})

test('a damaged identity is named, never replaced', async () => {
  writeFileSync(join(dir, 'identity.json'), '{}')
  await expect(identify({ dir, cloudUrl: 'http://127.0.0.1:1', claimCode: 'ABCDEFGH' }, world, never)).rejects.toThrow(
    'identity.json',
  )
})
