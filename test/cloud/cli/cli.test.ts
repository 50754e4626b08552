import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tableLines } from '../../../cloud/cli/table.ts'
import { createGatewayKey } from '../../../edge/identity/key-client.ts'
import { type CloudApp, startCloudApp } from '../../support/cloud-app.ts'
import { cameraBlock, exif, jpeg, png } from '../../support/pictures.ts'
import { startGatewayService } from './gateway-service.ts'

let house: CloudApp
const home = mkdtempSync(join(tmpdir(), 'kordon-home-'))
beforeAll(async () => {
  house = await startCloudApp()
  const headers = { cookie: await house.as('owner'), 'content-type': 'application/json' }
  for (const plate of ['А001ВС77', 'А001ВС777', 'К 050 КК 99'])
    await house.cloud.http.inject({ method: 'POST', url: '/api/vehicles', headers, payload: { plate, model: 'Rapid' } })
}, 120_000)
afterAll(async () => {
  await house.stop()
  rmSync(home, { recursive: true })
})

type Run = { readonly code: number; readonly out: string; readonly err: string }
const kordon = (args: readonly string[], env: Record<string, string> = {}): Promise<Run> =>
  new Promise((done) => {
    const clean = { PATH: process.env['PATH'] ?? '', HOME: home, NO_COLOR: '1', ...env }
    execFile(process.execPath, ['bin/kordon.mjs', ...args], { env: clean }, (error, out, err) =>
      done({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
    )
  })
const json = (run: Run) => JSON.parse(run.out)

describe('before signing in', () => {
  test.each([
    ['gateway', 'list'],
    ['gateway', 'provision', '--vehicle', 'А001ВС77'],
  ])('%s %s says what to do and fails', async (...args) => {
    const run = await kordon(args)
    expect(run).toMatchObject({ code: 1, out: '' })
    expect(run.err).toContain('run "kordon login')
    expect(JSON.parse((await kordon([...args, '--json'])).err)).toMatchObject({ error: { code: 'sign-in/missing' } })
  })

  test.each([[['nothing']], [['gateway', 'list', '--nothing']], [['gateway']]])('%j is wrong usage', async (args) => {
    expect((await kordon(args)).code).toBe(2)
  })

  test('a cloud that does not answer is named', async () => {
    const run = await kordon(['login', 'http://127.0.0.1:1', '--login', 'x', '--password', 'y'])
    expect(run.code).toBe(1)
    expect(run.err).toContain('http://127.0.0.1:1 does not answer')
  })

  test('a wrong password is refused in words', async () => {
    const run = await kordon(['login', house.started.url, '--login', 'technician', '--password', 'guess'])
    expect(run).toMatchObject({ code: 1, err: 'kordon: Login or password is wrong\n' })
  })

  test('a token in the environment does as well', async () => {
    const run = await kordon(['gateway', 'list'], { KORDON_URL: house.started.url, KORDON_TOKEN: 'kdn_wrong' })
    expect(run).toMatchObject({ code: 1 })
    expect(run.err).toContain('no longer valid')
  })
})

describe('after signing in', () => {
  beforeAll(async () => {
    const run = await kordon(['login', house.started.url, '--login', 'technician', '--json'], {
      KORDON_PASSWORD: 'demo-technician',
    })
    expect(json(run)).toMatchObject({ login: 'technician', role: 'technician' })
  })

  test('the token is readable by its owner only', () => {
    expect(statSync(join(home, '.config', 'kordon', 'sign-in.json')).mode & 0o777).toBe(0o600)
  })

  test('a gateway is provisioned, with a file from which it claims by itself', async () => {
    const out = join(home, 'gateway')
    const made = json(await kordon(['gateway', 'provision', '--vehicle', 'а001вс77', '--out', out, '--json']))
    expect(made).toMatchObject({ plate: 'А001ВС77', claimCode: expect.stringMatching(/^[A-HJ-NP-Z2-9]{8}$/) })
    const file = join(out, 'gateway.json')
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ cloudUrl: house.started.url, claimCode: made.claimCode })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const listed = json(await kordon(['gateway', 'list', '--json'])).items
    expect(listed).toMatchObject([{ id: made.gatewayId, plate: 'А001ВС77', state: 'claimable' }])
  })

  test('a folder that was set up before is left alone, and no gateway is made for it', async () => {
    const out = join(home, 'twice')
    await kordon(['gateway', 'provision', '--vehicle', 'k050kk99', '--out', out])
    const before = json(await kordon(['gateway', 'list', '--json'])).items.length
    const again = await kordon(['gateway', 'provision', '--vehicle', 'К050КК99', '--out', out])
    expect(again.code).toBe(1)
    expect(again.err).toContain('was set up there before')
    expect(json(await kordon(['gateway', 'list', '--json'])).items).toHaveLength(before)
  })

  test('interrupted before the claim, it goes on with the same gateway under a new code', async () => {
    const first = json(await kordon(['gateway', 'provision', '--vehicle', 'А001ВС777', '--json']))
    const again = json(await kordon(['gateway', 'provision', '--vehicle', 'А001ВС777', '--json']))
    expect(again).toMatchObject({ gatewayId: first.gatewayId, resumed: true })
    expect(again.claimCode).not.toBe(first.claimCode)
    // Nothing is at work in this car that could be swapped for another; then the gateway itself comes and claims.
    const early = await kordon(['gateway', 'swap', '--vehicle', 'А001ВС777', '--json'])
    expect(early).toMatchObject({ code: 1, err: expect.stringContaining('swap/nothing') })
    expect(early.err).toContain('kordon gateway provision --vehicle А001ВС777')
    const payload = { code: again.claimCode, csrPem: (await createGatewayKey()).csrPem }
    const claimed = await house.cloud.http.inject({ method: 'POST', url: '/api/gateways/claim', payload })
    expect(claimed.statusCode).toBe(200)
    // A computer that dies before it has kept its identity: the way on is named.
    const taken = await kordon(['gateway', 'provision', '--vehicle', 'А001ВС777', '--json'])
    expect(taken).toMatchObject({ code: 1, err: expect.stringContaining('gateway/vehicle-taken') })
    expect(taken.err).toContain('kordon gateway swap --vehicle А001ВС777')
  })

  test('swap, doctor and revoke: another gateway, what is to be seen to, and out of service once it is said that it is meant', async () => {
    const swapped = json(await kordon(['gateway', 'swap', '--vehicle', 'А001ВС777', '--json']))
    expect(swapped.replaces).toMatch(/^gw-/)
    expect(swapped.gatewayId).not.toBe(swapped.replaces)
    const doctor = await kordon(['gateway', 'doctor', swapped.gatewayId, '--json'])
    expect(doctor.code).toBe(1)
    expect(json(doctor).troubles).toMatchObject([
      { kind: 'not-claimed', advice: expect.stringContaining('kordon gateway provision') },
    ])
    expect(await kordon(['gateway', 'revoke', swapped.gatewayId])).toMatchObject({ code: 1 })
    const revoked = await kordon(['gateway', 'revoke', swapped.gatewayId, '--yes', '--json'])
    expect(json(revoked)).toMatchObject({ state: 'revoked' })
  })

  test('a file of vehicles: looked at, taken, taken again', async () => {
    const file = join(home, 'cars.csv')
    writeFileSync(
      file,
      'plate,model,vin,park\nО777ОО77,Haval,XZ8LM2C49P7654321,Основной парк\nР1,,,\nС888СС77,Geely,,Нет такого\n',
    )
    const run = async (...more: string[]) => {
      const done = await kordon(['vehicle', 'import', file, '--json', ...more])
      return { code: done.code, ...json(done) }
    }
    expect(await run('--dry-run')).toMatchObject({ code: 1, dryRun: true, added: 1, wrong: [{ line: 3 }, { line: 4 }] })
    expect(await run()).toMatchObject({ code: 1, added: 1, present: 0 })
    expect(await run()).toMatchObject({ code: 1, added: 0, present: 1 })
    writeFileSync(file, 'plate,model,vin\nТ999ТТ77,Haval,XZ8LM2C49P7654321\n')
    expect(await run()).toMatchObject({ added: 0, wrong: [{ line: 2, why: 'A vehicle with this VIN exists' }] })
  })

  test('a sheet is sealed without a network, refused by name from another car, and uploaded once it is right', async () => {
    const headers = { cookie: await house.as('technician'), 'content-type': 'application/json' }
    const ask = async (method: 'GET' | 'POST', url: string, payload?: object) =>
      (await house.cloud.http.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })).json()
    const car = { plate: 'М111ММ77', model: 'Haval', vin: 'XZ8LM2C49P1111111' }
    const { id: vehicleId } = await ask('POST', '/api/vehicles', car)
    const { id, claimCode } = await ask('POST', '/api/gateways', { vehicleId })
    const dir = join(home, 'car')
    const service = await startGatewayService(dir, house.started.url, claimCode)
    const edge = (args: readonly string[], env: Record<string, string> = {}) =>
      new Promise<Record<string, unknown> & { code: number }>((done) => {
        const here = { PATH: process.env['PATH'] ?? '', HOME: home, KORDON_EDGE_DIR: dir, ...env }
        execFile(process.execPath, ['edge/cli/main.ts', 'edge', ...args, '--json'], { env: here }, (error, out) =>
          done({ code: typeof error?.code === 'number' ? error.code : 0, ...JSON.parse(out) }),
        )
      })
    const sealed = async () =>
      (await ask('GET', '/api/gateways')).items.find((one: { id: string }) => one.id === id).sealed

    const misread = ['pair', '--vin', 'хz8lm2c49p2222222', '--plate', 'm111mm 77']
    expect(await edge(misread)).toMatchObject({ code: 0, step: 'vehicle', outcome: 'passed' })
    const away = { KORDON_URL: 'http://127.0.0.1:1', KORDON_TOKEN: 'kdn_x' }
    expect(await edge(['seal'], away)).toMatchObject({ code: 0, state: 'sealed, upload pending' })
    expect(await sealed()).toBeNull()

    // The network is back, and so is what was signed before: the gateway is not asked to sign again.
    expect(await edge(['seal'])).toMatchObject({
      code: 1,
      state: 'sealed, upload pending',
      findings: [
        { name: 'sheet', state: 'good' },
        {
          name: 'upload',
          state: 'bad',
          fact: 'the cloud refuses it: The sheet was made at m111mm 77, VIN XZ8LM2C49P2222222; this gateway is meant for М111ММ77, VIN XZ8LM2C49P1111111',
        },
      ],
    })
    expect(service.sealed).toHaveLength(1)
    expect(await sealed()).toBeNull()

    await edge(['pair', '--vin', 'XZ8LM2C49P1111111', '--plate', 'М111ММ77'])
    expect(await edge(['seal', '--note', 'под панелью'])).toMatchObject({ code: 0, state: 'uploaded' })
    expect(service.sealed.map(({ vehicle }) => vehicle?.vin)).toEqual(['XZ8LM2C49P2222222', 'XZ8LM2C49P1111111'])
    expect(await sealed()).toMatchObject({ by: 'technician' })

    // Photos: one that is none is named and nothing is signed; then two, one of which a place was in.
    const [panel, fuse, paper] = [join(home, 'панель.jpg'), join(home, 'fuse.png'), join(home, 'паспорт.pdf')]
    writeFileSync(panel, jpeg({ beside: [exif(cameraBlock({ orientation: 6, place: 'told' }))] }))
    writeFileSync(fuse, png())
    writeFileSync(paper, '%PDF-1.7')
    expect(await edge(['seal', '--photo', panel, paper])).toMatchObject({
      code: 1,
      state: 'not sealed',
      findings: [{ name: 'photo паспорт.pdf', state: 'bad', fact: 'is neither JPEG nor PNG' }],
    })
    expect(await edge(['seal', '--photo', panel, fuse], away)).toMatchObject({ state: 'sealed, upload pending' })
    const signed = service.sealed.at(-1)?.photos ?? []
    expect(signed.map(({ name, location }) => [name, location])).toEqual([
      ['панель.jpg', 'removed'],
      ['fuse.png', 'none'],
    ])
    expect(await edge(['seal'])).toMatchObject({
      code: 0,
      state: 'uploaded',
      findings: [{ name: 'sheet' }, { name: 'upload' }, { name: 'photo панель.jpg' }, { name: 'photo fuse.png' }],
    })
    const page = `/api/gateways/${id}/commissioning`
    const { sheet } = await ask('GET', page)
    expect(sheet).toMatchObject({
      vehicle: { plate: 'М111ММ77' },
      photos: signed.map((photo) => ({ ...photo, kept: true })),
    })
    const shown = await house.cloud.http.inject({ url: `${page}/photos/${signed[1]?.sha256}`, headers })
    expect([shown.headers['content-type'], shown.rawPayload.equals(png())]).toEqual(['image/png', true])
    // Another picture under a digest that was signed is refused by the name of the photo; one that was not signed too.
    const put = async (sha256: string | undefined, type: string, payload: Buffer) => {
      const url = `${page}/photos/${sha256}`
      const answer = await house.cloud.http.inject({
        method: 'PUT',
        url,
        headers: { ...headers, 'content-type': type },
        payload,
      })
      return [answer.statusCode, answer.json().code, answer.json().detail]
    }
    expect(await put(signed[0]?.sha256, 'image/jpeg', jpeg())).toEqual([
      422,
      'sheet/photo-refused',
      expect.stringContaining('панель.jpg is not the picture that was signed'),
    ])
    expect(await put(signed[1]?.sha256, 'image/jpeg', png())).toEqual([
      422,
      'sheet/photo-refused',
      'fuse.png was signed as image/png, not image/jpeg',
    ])
    expect((await put('0'.repeat(64), 'image/png', png()))[2]).toContain('names no photo with the digest')
    await service.close()
  }, 60_000)

  test.each([
    { vehicle: 'Я999ЯЯ99', says: 'no vehicle has the plate' },
    { vehicle: 'А001ВС', says: 'several vehicles match' },
    { vehicle: '0a0e7b1c-8f5e-4a63-9d9a-1d1a6a3f7f21', says: 'No such vehicle' },
  ])('$vehicle: $says', async ({ vehicle, says }) => {
    const run = await kordon(['gateway', 'provision', '--vehicle', vehicle])
    expect(run).toMatchObject({ code: 1, out: '' })
    expect(run.err).toContain(says)
  })

  test('signing out revokes the token', async () => {
    const { token } = JSON.parse(readFileSync(join(home, '.config', 'kordon', 'sign-in.json'), 'utf8'))
    expect(json(await kordon(['logout', '--json']))).toMatchObject({ revoked: true })
    const run = await kordon(['gateway', 'list'], { KORDON_URL: house.started.url, KORDON_TOKEN: token })
    expect(run.code).toBe(1)
  })
})

test('a table is aligned', () => {
  expect(
    tableLines(
      ['a', 'bb'],
      [
        ['xxx', 'y'],
        ['z', ''],
      ],
    ),
  ).toEqual(['a    bb', 'xxx  y', 'z'])
})
