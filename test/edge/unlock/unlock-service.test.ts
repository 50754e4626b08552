import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { GatewayEvent } from '#contract/event.ts'
import { UnlockSecret } from '#contract/provisioning.ts'
import { counterBytes, digitsOf } from '#contract/unlock-code.ts'
import { openDatabase } from '../../../edge/state/sqlite-client.ts'
import { unlockPage } from '../../../edge/unlock/unlock-page.ts'
import { createUnlockRoutes } from '../../../edge/unlock/unlock-routes.ts'
import { createUnlockService } from '../../../edge/unlock/unlock-service.ts'
import { createUnlockStore } from '../../../edge/unlock/unlock-store.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'

// The secret and the first values of RFC 4226, appendix D, with eight digits.
const SECRET = UnlockSecret.parse(Buffer.from('12345678901234567890').toString('base64url'))
const codeAt = (counter: number): string =>
  digitsOf(createHmac('sha1', '12345678901234567890').update(counterBytes(counter)).digest())

let dir: string
let clock: ReturnType<typeof createManualClock>
let events: GatewayEvent[]
let freed: number
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kordon-unlock-'))
  clock = createManualClock()
  events = []
  freed = 0
})
afterEach(() => rmSync(dir, { recursive: true }))

type Cut = { readonly before?: 'freeing'; readonly disk?: 'full'; readonly secret?: UnlockSecret | null }

/** One run of the gateway's process; `close` is what is left after kill -9 too, since every word was synced. */
function boot({ before, disk, secret = SECRET }: Cut = {}) {
  const db = openDatabase(join(dir, 'state.sqlite'))
  const store = createUnlockStore(db)
  const service = createUnlockService({
    secret: secret ?? undefined,
    store: {
      load: store.load,
      save: (...words) => {
        if (disk === 'full') throw new Error('disk full')
        store.save(...words)
      },
    },
    releaseLocally: () => {
      if (before === 'freeing') throw new Error('killed')
      freed += 1
    },
    keepEvent: (event) => void events.push(event),
    clock,
    log: silentLog,
  })
  return { ...service, close: () => db.close() }
}

describe('a code at the car', () => {
  test('frees it, is told with its number, and is spent in every later run of the process', () => {
    const first = boot()
    expect(first.enter(codeAt(0))).toEqual({ verdict: 'accepted', counter: 0 })
    expect(freed).toBe(1)
    expect(events).toMatchObject([{ kind: 'event', name: 'unlock-code-used', data: { counter: 0 } }])
    first.close()
    const second = boot()
    second.resume()
    expect(second.enter(codeAt(0)).verdict).toBe('wrong')
    expect(freed).toBe(1)
    expect(second.nextCounter()).toBe(1)
    second.close()
  })

  test('is typed with spaces, with a dash, or without', () => {
    const gateway = boot()
    const spaced = (digits: string, between: string) => `${digits.slice(0, 4)}${between}${digits.slice(4)}`
    expect(gateway.enter(spaced(codeAt(0), ' ')).verdict).toBe('accepted')
    expect(gateway.enter(spaced(codeAt(1), '-')).verdict).toBe('accepted')
    expect(gateway.enter(codeAt(2)).verdict).toBe('accepted')
    expect(gateway.enter('1234').verdict).toBe('unreadable')
    gateway.close()
  })

  test('a kill between spending the code and freeing the car frees it at the next start, once', () => {
    const killed = boot({ before: 'freeing' })
    expect(() => killed.enter(codeAt(0))).toThrow('killed')
    killed.close()
    const next = boot()
    next.resume()
    expect(freed).toBe(1)
    expect(events).toHaveLength(1)
    expect(next.enter(codeAt(0)).verdict).toBe('wrong')
    next.close()
    const third = boot()
    third.resume()
    expect(freed).toBe(1)
    third.close()
  })

  test('frees although the disk refuses', () => {
    const gateway = boot({ disk: 'full' })
    expect(gateway.enter(codeAt(0)).verdict).toBe('accepted')
    expect(freed).toBe(1)
    expect(gateway.enter(codeAt(0)).verdict).toBe('wrong')
    gateway.close()
  })

  test('works whatever the wall clock says', () => {
    clock.jumpWall(-50 * 365 * 86_400_000)
    const gateway = boot()
    expect(gateway.enter(codeAt(0)).verdict).toBe('accepted')
    clock.jumpWall(100 * 365 * 86_400_000)
    expect(gateway.enter(codeAt(1)).verdict).toBe('accepted')
    gateway.close()
  })

  test('a new claim brings a new secret, whose codes begin with the first', () => {
    const old = boot()
    expect(old.enter(codeAt(7)).verdict).toBe('accepted')
    old.close()
    const other = Buffer.from('09876543210987654321')
    const renewed = boot({ secret: UnlockSecret.parse(other.toString('base64url')) })
    expect(renewed.nextCounter()).toBe(0)
    expect(renewed.enter(codeAt(8)).verdict).toBe('wrong')
    const first = digitsOf(createHmac('sha1', other).update(counterBytes(0)).digest())
    expect(renewed.enter(first).verdict).toBe('accepted')
    renewed.close()
  })

  test('a gateway that was claimed before there were codes says so', () => {
    const gateway = boot({ secret: null })
    expect(gateway.enter('12345678').verdict).toBe('no-secret')
    gateway.close()
  })
})

describe('the page in the car', () => {
  let server: Server
  let gateway: ReturnType<typeof boot>
  let url: string
  beforeEach(async () => {
    gateway = boot()
    server = createServer(createUnlockRoutes(gateway, silentLog))
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const address = server.address()
    url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`
  })
  afterEach(async () => {
    gateway.close()
    await new Promise((done) => server.close(done))
  })
  const type = async (code: string) => {
    const answer = await fetch(url, { method: 'POST', body: new URLSearchParams({ code }) })
    return { status: answer.status, text: await answer.text() }
  }

  test('asks for eight digits, Russian first, without a script, in less than 4 KB', async () => {
    const answer = await fetch(url)
    const text = await answer.text()
    expect(text).toMatch(/Аварийный код.*Восемь цифр от офиса/s)
    expect(text).not.toContain('<script')
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(Buffer.byteLength(unlockPage(123_456_789, { verdict: 'no-secret' }))).toBeLessThan(4096)
  })

  test('frees by the right code, and says which number comes next', async () => {
    const { status, text } = await type(` ${codeAt(3)} `)
    expect(status).toBe(200)
    expect(text).toContain('Готово, можно заводить.')
    expect(text).toContain('код № 4')
    expect(freed).toBe(1)
  })

  test('after five wrong codes it waits a minute, even for the right one', async () => {
    const answers = []
    for (let round = 0; round < 5; round += 1) answers.push((await type('00000000')).status)
    expect(answers).toEqual([403, 403, 403, 403, 403])
    expect((await type(codeAt(0))).status).toBe(429)
    expect(freed).toBe(0)
    await clock.advance(60_000)
    expect((await type(codeAt(0))).status).toBe(200)
  })

  test.each([
    { name: 'another path', request: async () => (await fetch(`${url}x`)).status, expected: 404 },
    { name: 'another verb', request: async () => (await fetch(url, { method: 'DELETE' })).status, expected: 405 },
    { name: 'markup for a code', request: async () => (await type('<b>1</b>')).status, expected: 400 },
    { name: 'a form of 64 KB', request: async () => (await type('1'.repeat(65_536))).status, expected: 413 },
  ])('$name is turned away', async ({ request, expected }) => {
    expect(await request()).toBe(expected)
    expect(freed).toBe(0)
  })
})
