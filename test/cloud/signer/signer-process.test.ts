import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { GatewayId, OrderId } from '#contract/ids.ts'
import { downTopic } from '#contract/topics.ts'
import { createPostgres } from '../../../cloud/postgres/postgres-client.ts'
import { createSignerHouse } from '../../../cloud/signer/app.ts'
import { DEFAULT_POLICY } from '../../../cloud/signer/signer-policy.ts'
import { readOrder } from '../../../edge/orders/order-signature.ts'
import { createSignerKeysStore } from '../../../edge/orders/signer-keys-store.ts'
import { APPROVERS_PARTY } from '../../support/approver-app.ts'
import { localTarget } from '../../support/law.ts'
import { readSource } from '../../support/law-source.ts'
import type { RestClient } from '../../support/rest-client.ts'
import { type RunningCloud, startCloud } from '../../support/running-cloud.ts'
import { silentLog } from '../../support/silent-log.ts'
import { systemClock } from '../../support/system-clock.ts'
import { until } from '../../support/until.ts'

const ROOT = join(import.meta.dirname, '../../..')

/** Every file of the house that a process loads, from its main.ts on. */
function loadedBy(main: string): ReadonlySet<string> {
  const loaded = new Set<string>()
  const walk = (path: string): void => {
    if (loaded.has(path)) return
    loaded.add(path)
    for (const { from, typeOnly } of readSource(path, readFileSync(join(ROOT, path), 'utf8')).imports) {
      const target = typeOnly ? undefined : localTarget(path, from)
      if (target?.endsWith('.ts')) walk(target)
    }
  }
  walk(main)
  return loaded
}

describe('what the web tier can reach', () => {
  test('its process loads no file that opens or makes the private key; the signer’s does', () => {
    const web = loadedBy('cloud/main.ts')
    expect(web.size).toBeGreaterThan(100)
    const keepers = ['cloud/signer/signer-store.ts', 'cloud/signer/signer-service.ts', 'cloud/signer/app.ts']
    expect(keepers.filter((path) => web.has(path))).toEqual([])
    expect(keepers.filter((path) => !loadedBy('cloud/signer/main.ts').has(path))).toEqual([])
    const naming = [...web].filter((path) => /ed25519/i.test(readFileSync(join(ROOT, path), 'utf8')))
    // The audit's own key signs checkpoints, whose text no gateway takes for an order.
    expect(naming.filter((path) => !/^(contract|cloud\/audit)\//.test(path))).toEqual([])
  })
})

describe('the signer as a process of the cloud', () => {
  let cloud: RunningCloud
  let api: RestClient
  beforeAll(async () => {
    cloud = await startCloud()
    api = await cloud.as('owner')
  }, 120_000)
  afterAll(() => cloud?.stop(), 60_000)

  const signerLine = async () => {
    const { body } = await api.get('/api/ready')
    return { ready: body.ready, ...body.dependencies.find((line: { name: string }) => line.name === 'signer') }
  }
  const signerPid = (): number => {
    for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        const words = readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0')
        if (!words.some((word) => word.endsWith('cloud/signer/main.ts'))) continue
        const env = readFileSync(`/proc/${entry}/environ`, 'utf8').split('\0')
        if (env.includes(`KORDON_DATA_DIR=${cloud.dataDir}`)) return Number(entry)
      } catch {
        // Ended while we looked.
      }
    }
    throw new Error('no signer runs for this cloud')
  }

  test('answers on a socket for its owner only, and is named in readiness', async () => {
    expect(await signerLine()).toMatchObject({ ready: true, ok: true })
    const folder = join(cloud.dataDir, 'signer')
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    for (const file of ['signer.sock', 'ed25519.pem', 'signer.sqlite'])
      expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600)
  })

  test('killed, it is named, nothing else stops, and it is back by itself', async () => {
    const killed = signerPid()
    process.kill(killed, 'SIGKILL')
    await until('it is missed or back', async () => signerPidOr(0) !== killed)
    expect((await api.get('/api/vehicles')).status).toBe(200)
    await until('it answers again', async () => (await signerLine()).ok === true, { withinMs: 30_000 })
    expect(signerPid()).not.toBe(killed)
    expect(cloud.output()).toContain('signer.ended')
    expect((await api.get('/api/governor')).body).toMatchObject({ signer: 'up', switch: { mode: 'running' } })
  }, 60_000)

  const signerPidOr = (otherwise: number): number => {
    try {
      return signerPid()
    } catch {
      return otherwise
    }
  }

  test('the cloud killed, the signer goes with it; started again, both work', async () => {
    const orphan = signerPid()
    await cloud.kill()
    await until('it has gone', () => !isAlive(orphan), { withinMs: 20_000 })
    await cloud.restart()
    api = await cloud.as('owner')
    expect(await signerLine()).toMatchObject({ ready: true, ok: true })
  }, 120_000)

  test('in the demo two persons can be tried: their secrets are told at every start, and a code of one is taken', async () => {
    const told = cloud.output().match(/^kordon\.approver (owner|head) otpauth:\S+secret=\w{32}\S*$/gm) ?? []
    expect(new Set(told).size).toBe(2)
    // The second start told the same two again.
    expect(told.length).toBe(4)
    const env = { ...process.env, KORDON_DATA_DIR: cloud.dataDir }
    const codeOf = (name: string) =>
      spawnSync(process.execPath, ['cloud/signer/main.ts', 'code', name], { cwd: ROOT, env, encoding: 'utf8' })
    expect(codeOf('nobody')).toMatchObject({ status: 1, stdout: '' })
    const { body: vehicle } = await api.send('POST', '/api/vehicles', { plate: 'А778АА77', model: 'Haval' })
    const { body: added } = await api.send('POST', '/api/gateways', { vehicleId: vehicle.id })
    await api.send('POST', '/api/gateways/claim', { code: added.claimCode })
    await api.send('POST', `/api/gateways/${added.id}/commissioning`, { note: 'ok' })
    const { body: held } = await api.send('POST', `/api/vehicles/${vehicle.id}/holds`, { reason: 'manual', note: 'x' })
    const head = await cloud.as('head')
    const approve = (code: string) => head.send('POST', '/api/orders/approvals', { orders: [held.order.id], code })
    const code = codeOf('head').stdout.trim()
    // One block of one person needs no second; a code that was wrong would be said first.
    expect(await approve(code)).toMatchObject({ status: 409, body: { code: 'order/no-approval-needed' } })
    expect(await approve(code)).toMatchObject({ status: 403, body: { code: 'approval/wrong-code' } })
  }, 60_000)

  test('everything the web tier and the database hold makes no order that a gateway accepts', async () => {
    const { body: vehicle } = await api.send('POST', '/api/vehicles', { plate: 'А777АА77', model: 'Haval' })
    const { body: added } = await api.send('POST', '/api/gateways', { vehicleId: vehicle.id })
    const { body: grant } = await api.send('POST', '/api/gateways/claim', { code: added.claimCode })
    await api.send('POST', `/api/gateways/${added.id}/commissioning`, { note: 'ok' })
    const { body: held } = await api.send('POST', `/api/vehicles/${vehicle.id}/holds`, { reason: 'manual', note: 'x' })
    const { verify } = createSignerKeysStore(grant.signerKeys)
    expect(downTopic(GatewayId.parse(added.id), 'order')).toContain(added.id)

    // Whatever lies outside the signer's own folder: is there a key among it that signs for this gateway?
    const claims = { orderId: crypto.randomUUID(), seq: 99, aud: added.id, vehicleId: vehicle.id, action: 'unblock' }
    const candidates: string[] = []
    const collect = (folder: string): void => {
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name)
        if (entry.isDirectory() && path !== join(cloud.dataDir, 'signer')) collect(path)
        else if (entry.isFile()) candidates.push(readFileSync(path, 'latin1'))
      }
    }
    collect(cloud.dataDir)
    expect(candidates.length).toBeGreaterThan(10)
    const secret = readFileSync(join(cloud.dataDir, 'signer', 'ed25519.pem'), 'utf8')
    const [, body = ''] = secret.split('\n')
    // PKCS #8 of Ed25519: the last 32 bytes are the key itself.
    const seed = Buffer.from(body, 'base64').subarray(-32)
    for (const forms of [
      seed.toString('latin1'),
      seed.toString('hex'),
      seed.toString('base64'),
      seed.toString('base64url'),
    ])
      expect(candidates.filter((text) => text.includes(forms))).toEqual([])

    const foreign = await generateKeyPair('EdDSA', { crv: 'Ed25519' })
    const forged = await new SignJWT({ ...claims, reasons: [], iat: Date.now(), by: 'user:owner' })
      .setProtectedHeader({ alg: 'EdDSA', kid: grant.signerKeys[0].kid })
      .sign(foreign.privateKey)
    const bytes = (jws: string) => new TextEncoder().encode(jws)
    expect(await readOrder(bytes(forged), verify)).toMatchObject({ ok: false, reason: 'signature' })
    // The genuine one of the same gateway passes, so the test can fail.
    await until('the order is signed', async () => {
      const { body } = await api.get(`/api/orders/${held.order.id}`)
      return body.state !== 'created'
    })
    await cloud.kill()
    const jws = await stolen(cloud.dataDir, held.order.id)
    expect(await readOrder(bytes(jws), verify)).toMatchObject({ ok: true, order: { action: 'block' } })
    const [head = '', text = '', signature = ''] = jws.split('.')
    const changed = Buffer.from(text, 'base64url').toString().replace('"block"', '"unblock"')
    const edited = `${head}.${Buffer.from(changed).toString('base64url')}.${signature}`
    expect(await readOrder(bytes(edited), verify)).toMatchObject({ ok: false, reason: 'signature' })
  }, 120_000)
})

describe('the signer by itself, under its own name', () => {
  test('a wrong environment stops it, and one message names every mistake', () => {
    const env = { ...process.env, KORDON_SIGNER_ONE_PERSON_VEHICLES: '51', KORDON_SIGNER_AUTOMATIC_SHARE: '-1' }
    const { status, stderr } = spawnSync(process.execPath, ['cloud/signer/main.ts'], {
      cwd: ROOT,
      env,
      encoding: 'utf8',
    })
    expect(status).toBe(2)
    expect(stderr).toMatch(/KORDON_SIGNER_AUTOMATIC_SHARE.*\n.*KORDON_SIGNER_ONE_PERSON_VEHICLES/)
  })

  test('words for passkeys are made, and thumbprints said, at its terminal only', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kordon-terminal-'))
    const env = { ...process.env, KORDON_SIGNER_DIR: folder }
    const run = (...words: readonly string[]) =>
      spawnSync(process.execPath, ['cloud/signer/main.ts', ...words], { cwd: ROOT, env, encoding: 'utf8' })
    expect(run('passkey', 'account-1', 'head').stdout).toMatch(/^[0-9A-Z]{5}-[0-9A-Z]{5}\n$/)
    const [file = ''] = readdirSync(join(folder, 'passkeys'))
    expect(statSync(join(folder, 'passkeys', file)).mode & 0o777).toBe(0o600)
    expect(run('confirm', 'AAAA-BBBB')).toMatchObject({ status: 1, stdout: '' })
    expect(run('confirm')).toMatchObject({ status: 2, stdout: '' })
    expect(run('forget', 'account-1')).toMatchObject({ status: 0, stdout: '0 passkeys thrown away\n' })
    expect(readdirSync(join(folder, 'passkeys'))).toEqual([])
    rmSync(folder, { recursive: true })
  })

  test('serves a cloud that starts none, outlives it, and ends when told to', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kordon-lone-signer-'))
    const socket = join(folder, 'own.sock')
    const env = { ...process.env, KORDON_SIGNER_DIR: join(folder, 'keys'), KORDON_SIGNER_SOCKET: socket }
    const signer = spawn(process.execPath, ['cloud/signer/main.ts'], { cwd: ROOT, env, stdio: 'ignore' })
    onTestFinished(() => {
      signer.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    })
    const cloud = await startCloud({ KORDON_SIGNER_SOCKET: socket })
    try {
      const api = await cloud.as('owner')
      expect((await api.get('/api/governor')).body).toMatchObject({ signer: 'up' })
      // Nobody told this signer that it is a demo: approvers get no secret from a request.
      expect(existsSync(join(folder, 'keys', 'approvers'))).toBe(false)
      expect(existsSync(join(cloud.dataDir, 'signer'))).toBe(false)
      await cloud.killAndRestart()
      expect(isAlive(signer.pid ?? 0)).toBe(true)
      const again = await cloud.as('owner')
      expect((await again.get('/api/governor')).body).toMatchObject({ signer: 'up' })
      signer.kill('SIGTERM')
      await until('it has gone', () => signer.exitCode === 0)
      expect((await again.get('/api/governor')).body).toMatchObject({ signer: 'down' })
      expect((await again.get('/api/ready')).status).toBe(200)
    } finally {
      await cloud.stop()
    }
  }, 120_000)

  test.each([
    { name: 'no such address', path: '/nowhere', body: '{}', status: 404 },
    { name: 'no JSON', path: '/sign', body: 'sign this', status: 400 },
    { name: 'claims that are none', path: '/sign', body: '{"claims":{"action":"block"}}', status: 400 },
    { name: 'a switch that does not exist', path: '/switch', body: '{"mode":"on","reason":"","by":"x"}', status: 400 },
    { name: 'a megabyte', path: '/sign', body: `"${'x'.repeat(1_000_000)}"`, status: 400 },
  ])('words it does not know change nothing: $name', async ({ path, body, status }) => {
    const folder = mkdtempSync(join(tmpdir(), 'kordon-signer-words-'))
    const socketPath = join(folder, 's.sock')
    const world = { clock: systemClock, log: silentLog }
    const settings = { folder, socketPath, socketMode: 0o600, policy: DEFAULT_POLICY, party: APPROVERS_PARTY }
    const house = createSignerHouse(settings, world)
    await house.listen()
    const answered = await new Promise<number | string>((done) => {
      const sent = request({ socketPath, path, method: 'POST' }, (answer) => {
        answer.resume()
        done(answer.statusCode ?? 0)
      })
      sent.on('error', () => done('cut off'))
      sent.end(body)
    })
    expect(answered === 'cut off' ? 400 : answered).toBe(status)
    expect((await house.signer.status()).switch.mode).toBe('running')
    await house.close()
    rmSync(folder, { recursive: true })
  })
})

/** The order as the web tier keeps it: what a thief of the database has. Nothing else may have the database open. */
async function stolen(dataDir: string, orderId: string): Promise<string> {
  const postgres = createPostgres({ dataDir, log: silentLog })
  try {
    const { jws } = await postgres.db
      .selectFrom('orders')
      .select('jws')
      .where('id', '=', OrderId.parse(orderId))
      .executeTakeFirstOrThrow()
    return jws ?? ''
  } finally {
    await postgres.close()
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
