import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { claimCertificate } from '../support/claimed-gateway.ts'
import { startCloud } from '../support/running-cloud.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
}, 60_000)

/** Every secret that lies in the data folder as a file of its own. */
const filesIn = (dir: string): readonly string[] =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .map((name) => join(dir, name))
    .filter((path) => statSync(path).isFile() && statSync(path).size < 10_000)

test('what a whole run says has none of the secrets that it made, used or was given', async () => {
  const given = { KORDON_LOG_LEVEL: 'debug', KORDON_OIDC_CLIENT_SECRET: 'oidc-secret-of-this-test' }
  const cloud = await startCloud(given)
  closing.push(cloud.stop)
  const office = await cloud.as('technician')
  const owner = await cloud.as('owner')
  const claimed = await claimCertificate(cloud.url, office)
  const { body: token } = await owner.send('POST', '/api/tokens', { name: 'test' })
  const { body: invitation } = await owner.send('POST', '/api/invitations', { role: 'manager', name: 'N', login: 'n1' })
  const provisioned = (await office.send('POST', `/api/gateways/${claimed.gateway}/claim-code`)).body
  const wrong = await fetch(`${cloud.url}/api/session`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      origin: cloud.url,
      authorization: `Bearer ${token.token}`,
      cookie: 'kordon_session=cookie-of-this-test',
    },
    body: JSON.stringify({ login: 'owner', password: 'password-of-this-test' }),
  })
  expect(wrong.status).toBeGreaterThanOrEqual(400)
  await fetch(`${cloud.url}/api/vehicles?secret=query-of-this-test`, {
    headers: { authorization: `Bearer ${token.token}` },
  })
  const keys = filesIn(cloud.dataDir)
    .filter((path) => path.endsWith('.pem') && readFileSync(path, 'utf8').includes('PRIVATE KEY'))
    .map((path) => readFileSync(path, 'utf8').split('\n')[1] ?? '')
  expect(keys.length).toBeGreaterThanOrEqual(3)
  const secrets: Readonly<Record<string, unknown>> = {
    'an API token': token.token,
    'a claim code': provisioned.claimCode,
    'an unlock secret': claimed.grant.unlockSecret,
    'a password that was tried': 'password-of-this-test',
    'a demo password': 'demo-owner',
    'a cookie': 'cookie-of-this-test',
    'the secret of OIDC': given.KORDON_OIDC_CLIENT_SECRET,
    'an invitation': invitation?.secret ?? invitation?.token ?? invitation?.link ?? 'nothing-was-invited',
    'a private key of the gateway': claimed.key.split('\n')[1],
    ...Object.fromEntries(keys.map((key, index) => [`private key ${index}`, key])),
  }
  await cloud.kill()
  const said = cloud.output()
  expect(said.length).toBeGreaterThan(1000)
  for (const [name, secret] of Object.entries(secrets)) {
    expect([name, typeof secret]).toEqual([name, 'string'])
    expect(String(secret).length, name).toBeGreaterThan(7)
    expect([name, said.includes(String(secret))]).toEqual([name, false])
  }
}, 120_000)
