import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { TOTP } from 'otpauth'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { minutes } from '#contract/instant.ts'
import { createPeopleApp, ORIGIN, type PeopleApp } from '../../support/people-app.ts'
import { createSoftPasskey } from '../../support/soft-passkey.ts'

let house: PeopleApp
const guarded: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/api/vehicles/block',
    {
      config: { roles: ['owner', 'manager'], secondFactor: 'fresh' },
      schema: { response: { 200: z.strictObject({ blocked: z.literal('yes') }) } },
    },
    async () => ({ blocked: 'yes' as const }),
  )
}
beforeAll(async () => {
  house = await createPeopleApp([guarded])
}, 120_000)
afterAll(() => house.close())

const PASSWORD = 'a calm green field'
let login = 'person'
let people = 0
/** A cookie jar: a session goes on under new secrets. */
type Browser = { cookie: string }
const send = async (browser: Browser | string, method: string, url: string, payload?: object) => {
  const headers = typeof browser === 'string' ? { authorization: `Bearer ${browser}` } : { cookie: browser.cookie }
  const answer = await house.app.inject({ method: method as 'GET', url, headers, ...(payload ? { payload } : {}) })
  if (typeof browser !== 'string') for (const { name, value } of answer.cookies) browser.cookie = `${name}=${value}`
  return answer
}
const signIn = async (browser: Browser) => send(browser, 'POST', '/api/session', { login, password: PASSWORD })
const signedIn = async (): Promise<Browser> => {
  const browser = { cookie: '' }
  expect((await signIn(browser)).statusCode).toBe(200)
  return browser
}
const codeOf = (uri: string) => {
  const secret = new URL(uri).searchParams.get('secret') ?? ''
  return new TOTP({ secret }).generate({ timestamp: house.clock.now() })
}
const withTotp = async (browser: Browser) => {
  const { uri } = (await send(browser, 'POST', '/api/account/totp', { password: PASSWORD })).json()
  const { recoveryCodes } = (await send(browser, 'POST', '/api/account/totp/confirm', { code: codeOf(uri) })).json()
  await house.clock.advance(minutes(1))
  return { uri, recoveryCodes: z.array(z.string()).parse(recoveryCodes) }
}
beforeEach(async () => {
  people += 1
  login = `person${people}`
  house.policy.secondFactorToBlock = 'on'
  await house.people.ensureAccounts([{ login, name: 'P', role: 'manager', password: PASSWORD }])
})

describe('blocking', () => {
  test('takes no second factor where the policy says so', async () => {
    house.policy.secondFactorToBlock = 'off'
    expect((await send(await signedIn(), 'POST', '/api/vehicles/block')).statusCode).toBe(200)
  })

  test('takes one shown within a quarter of an hour, shown again when that has passed', async () => {
    const browser = await signedIn()
    const refused = await send(browser, 'POST', '/api/vehicles/block')
    expect(refused.json()).toMatchObject({ status: 403, code: 'access/second-factor' })
    const { uri } = await withTotp(browser)
    expect((await send(browser, 'POST', '/api/vehicles/block')).statusCode).toBe(200)
    await house.clock.advance(minutes(15))
    expect((await send(browser, 'POST', '/api/vehicles/block')).json().code).toBe('access/second-factor')
    expect((await send(browser, 'POST', '/api/session/prove', { code: codeOf(uri) })).statusCode).toBe(200)
    expect((await send(browser, 'POST', '/api/vehicles/block')).statusCode).toBe(200)
  })

  test('by a token takes a scope that names it, and such a token a second factor', async () => {
    const browser = await signedIn()
    const make = async (scopes?: readonly string[]) =>
      send(browser, 'POST', '/api/tokens', { name: 't', ...(scopes ? { scopes } : {}) })
    const blocking = ['vehicles.block', 'access', 'policies.debt', 'rules', 'definitions', '*', 'orders', 'governor']
    for (const what of blocking)
      expect([what, (await make([`${what}:change`])).json().code]).toEqual([what, 'access/second-factor'])
    const everything = (await make()).json().token
    expect((await send(everything, 'POST', '/api/vehicles/block')).json().code).toBe('access/scope')
    await withTotp(browser)
    const named = (await make(['vehicles.block:change'])).json().token
    expect((await send(named, 'POST', '/api/vehicles/block')).statusCode).toBe(200)
    const reads = (await make(['vehicles:read'])).json().token
    expect((await send(reads, 'POST', '/api/vehicles/block')).json().code).toBe('access/scope')
    expect((await send(reads, 'GET', '/api/account')).json().code).toBe('access/scope')
    expect(named).toMatch(/^kdn_/)
    const { items } = (await send(browser, 'GET', '/api/tokens')).json()
    expect(items.map(({ shown }: { shown: string }) => shown)).toContain(named.slice(0, 8))
  })
})

describe('a sign-in with a second factor', () => {
  test('the password alone opens nothing, the code finishes it, and the same code never again', async () => {
    const { uri } = await withTotp(await signedIn())
    const browser = { cookie: '' }
    const half = await signIn(browser)
    expect(half.statusCode).toBe(202)
    expect(half.cookies).toEqual([])
    expect(half.json().ways).toEqual(['totp', 'recovery-code'])
    const code = codeOf(uri)
    const finish = (step: string, shown: object) =>
      send(browser, 'POST', '/api/session/second-factor', { step, ...shown })
    expect((await finish(half.json().step, { code: '000000' })).json().code).toBe('factor/wrong')
    expect((await finish(half.json().step, { code })).statusCode).toBe(200)
    expect((await finish(half.json().step, { code })).json().code).toBe('session/step-expired')
    const again = await signIn({ cookie: '' })
    expect((await finish(again.json().step, { code })).json().code).toBe('factor/wrong')
  })

  test('a step is good for five tries and five minutes', async () => {
    const { uri } = await withTotp(await signedIn())
    const late = (await signIn({ cookie: '' })).json().step
    await house.clock.advance(minutes(6))
    const finish = (step: string, code: string) =>
      send({ cookie: '' }, 'POST', '/api/session/second-factor', { step, code })
    expect((await finish(late, codeOf(uri))).json().code).toBe('session/step-expired')
    const tried = (await signIn({ cookie: '' })).json().step
    for (let n = 0; n < 5; n += 1) await finish(tried, '000000')
    await house.clock.advance(minutes(2))
    expect((await finish(tried, codeOf(uri))).statusCode).toBeGreaterThanOrEqual(400)
  })

  test('a recovery code works once, and whoever came in by it blocks nothing for a day', async () => {
    const { uri, recoveryCodes } = await withTotp(await signedIn())
    const [recoveryCode] = recoveryCodes
    const browser = { cookie: '' }
    const finish = async () =>
      send(browser, 'POST', '/api/session/second-factor', { step: (await signIn(browser)).json().step, recoveryCode })
    expect((await finish()).statusCode).toBe(200)
    house.policy.secondFactorToBlock = 'off'
    expect((await send(browser, 'POST', '/api/vehicles/block')).json().code).toBe('access/recovered-lately')
    house.policy.secondFactorToBlock = 'on'
    await send(browser, 'POST', '/api/session/prove', { code: codeOf(uri) })
    expect((await send(browser, 'POST', '/api/vehicles/block')).json().code).toBe('access/recovered-lately')
    expect((await finish()).json().code).toBe('factor/wrong')
  })

  test('is told to the record, without the password', async () => {
    await signedIn()
    const told = house.told.filter(({ kind }) => kind === 'sign-in')
    expect(told.at(-1)?.data).toMatchObject({ event: 'signed-in', proven: 'not-yet' })
    expect(JSON.stringify(house.told)).not.toContain(PASSWORD)
  })
})

describe('setting up', () => {
  test('takes the password for the first factor, and the factor itself for whatever comes after', async () => {
    const browser = await signedIn()
    expect((await send(browser, 'POST', '/api/account/totp', {})).json().code).toBe('session/wrong-credentials')
    expect((await send(browser, 'POST', '/api/account/totp', { password: 'x' })).json().code).toBe(
      'session/wrong-credentials',
    )
    await withTotp(browser)
    await house.clock.advance(minutes(16))
    const remove = await send(browser, 'DELETE', '/api/account/totp')
    expect(remove.json().code).toBe('access/second-factor')
    const key = await send(browser, 'POST', '/api/account/passkeys/options', { password: PASSWORD })
    expect(key.json().code).toBe('access/second-factor')
  })

  test('the secret lies encrypted: a copy of the table yields no code', async () => {
    const { uri } = await withTotp(await signedIn())
    const secret = new URL(uri).searchParams.get('secret') ?? 'none'
    const rows = JSON.stringify(await house.db.selectFrom('totpSecrets').selectAll().execute())
    expect(rows).not.toContain(secret)
    const codes = JSON.stringify(await house.db.selectFrom('recoveryCodes').selectAll().execute())
    expect(codes).not.toMatch(/[a-z0-9]{5}-[a-z0-9]{5}"/)
  })

  test('a passkey is made, signs in, proves, and is of no use for another question, key or origin', async () => {
    const browser = await signedIn()
    const asked = (await send(browser, 'POST', '/api/account/passkeys/options', { password: PASSWORD })).json()
    const key = createSoftPasskey('kordon.example', ORIGIN)
    const stranger = createSoftPasskey('kordon.example', 'https://evil.example')
    const keep = (step: string, passkey: object) =>
      send(browser, 'POST', '/api/account/passkeys', { step, name: 'Phone', passkey })
    const foreign = await keep(asked.step, stranger.register(asked.options.challenge))
    expect(foreign.json().code).toBe('factor/wrong')
    const again = (await send(browser, 'POST', '/api/account/passkeys/options', { password: PASSWORD })).json()
    const kept = await keep(again.step, key.register(again.options.challenge))
    expect(kept.statusCode).toBe(201)
    expect(kept.json().recoveryCodes).toHaveLength(10)

    const fresh = { cookie: '' }
    const half = (await signIn(fresh)).json()
    const finish = (passkey: object) => send(fresh, 'POST', '/api/session/second-factor', { step: half.step, passkey })
    expect((await finish(key.answer('another question'))).json().code).toBe('factor/wrong')
    expect((await finish(key.answer(half.passkey.challenge))).statusCode).toBe(200)
    expect((await send(fresh, 'POST', '/api/vehicles/block')).statusCode).toBe(200)
    await house.clock.advance(minutes(16))
    const question = (await send(fresh, 'POST', '/api/session/prove/passkey')).json()
    const proof = { step: question.step, passkey: key.answer(question.passkey.challenge) }
    expect((await send(fresh, 'POST', '/api/session/prove', proof)).statusCode).toBe(200)
    expect((await send(fresh, 'POST', '/api/session/prove', proof)).json().code).toBe('factor/wrong')
    expect((await send(fresh, 'POST', '/api/vehicles/block')).statusCode).toBe(200)
  })
})

describe('sessions', () => {
  test('are shown and ended one by one, and a proven one goes on under a new secret', async () => {
    const [here, there] = [await signedIn(), await signedIn()]
    const { items } = (await send(here, 'GET', '/api/account/sessions')).json()
    expect(items).toHaveLength(2)
    const other = items.find(({ current }: { current: boolean }) => !current)
    expect((await send(here, 'DELETE', `/api/account/sessions/${other.id}`)).statusCode).toBe(204)
    expect((await send(there, 'GET', '/api/session')).statusCode).toBe(401)
    const old = { cookie: here.cookie }
    await withTotp(here)
    expect(here.cookie).not.toBe(old.cookie)
    expect((await send(old, 'GET', '/api/session')).statusCode).toBe(401)
    expect((await send(here, 'GET', '/api/session')).statusCode).toBe(200)
  })
})

describe('an account', () => {
  const owner = async (): Promise<Browser> => {
    await house.people.ensureAccounts([{ login: 'boss', name: 'B', role: 'owner', password: PASSWORD }])
    house.policy.secondFactorToBlock = 'off'
    const browser = { cookie: '' }
    await send(browser, 'POST', '/api/session', { login: 'boss', password: PASSWORD })
    return browser
  }
  const idOf = async (boss: Browser) => {
    const { items } = (await send(boss, 'GET', '/api/accounts')).json()
    return items.find((person: { login: string }) => person.login === login).id
  }

  test('comes by an invitation, whose link works once', async () => {
    const boss = await owner()
    const { token } = (await send(boss, 'POST', '/api/invitations', { name: 'New', role: 'papers' })).json()
    const accept = (name: string) =>
      send({ cookie: '' }, 'POST', '/api/invitations/accept', { token, login: name, password: PASSWORD })
    expect((await accept(`new${people}`)).json().user.role).toBe('papers')
    expect((await accept(`other${people}`)).json().code).toBe('invitation/closed')
  })

  test('recovered by an owner loses its factors and sessions, and blocks nothing until an owner stands by it', async () => {
    const boss = await owner()
    const old = await signedIn()
    await withTotp(old)
    const { token } = (await send(boss, 'POST', `/api/accounts/${await idOf(boss)}/recovery`)).json()
    const password = 'another calm field'
    const browser = { cookie: '' }
    expect((await send(browser, 'POST', '/api/invitations/accept', { token, password })).statusCode).toBe(200)
    expect((await send(old, 'GET', '/api/session')).statusCode).toBe(401)
    expect((await send(browser, 'GET', '/api/account')).json()).toMatchObject({ totp: null, passkeys: [] })
    expect((await send(browser, 'POST', '/api/vehicles/block')).json().code).toBe('access/recovered-lately')
    await send(boss, 'POST', `/api/accounts/${await idOf(boss)}/confirm`)
    expect((await send(browser, 'POST', '/api/vehicles/block')).statusCode).toBe(200)
  })

  test('that has shown no second factor, or came in by recovery, brings nobody else in to block in its place', async () => {
    const boss = await owner()
    house.policy.secondFactorToBlock = 'on'
    const id = await idOf(boss)
    const asked = async (browser: Browser) => {
      const answers = [
        await send(browser, 'POST', '/api/accounts', { login: 'shadow', name: 'S', role: 'owner', password: PASSWORD }),
        await send(browser, 'PATCH', `/api/accounts/${id}`, { role: 'owner' }),
        await send(browser, 'DELETE', `/api/accounts/${id}`),
        await send(browser, 'POST', '/api/invitations', { name: 'Shadow', role: 'security' }),
      ]
      return new Set(answers.map((answer) => answer.json().code))
    }
    expect(await asked(boss)).toEqual(new Set(['access/second-factor']))
    await house.people.ensureAccounts([{ login: `chief${people}`, name: 'C', role: 'owner', password: PASSWORD }])
    house.policy.secondFactorToBlock = 'off'
    const { items } = (await send(boss, 'GET', '/api/accounts')).json()
    const chief = items.find((person: { login: string }) => person.login === `chief${people}`).id
    const { token } = (await send(boss, 'POST', `/api/accounts/${chief}/recovery`)).json()
    const thief = { cookie: '' }
    await send(thief, 'POST', '/api/invitations/accept', { token, password: 'another calm field' })
    expect(await asked(thief)).toEqual(new Set(['access/recovered-lately']))
  })

  test('tells the number it has left of every change, and a number that is replaced before all others', async () => {
    const [boss, browser] = [await owner(), await signedIn()]
    const heard = () => house.notified.splice(0).map(({ to, change }) => `${to}: ${change}`)
    const number = (noticePhone: string | null, more = {}) =>
      send(browser, 'PUT', '/api/account/notice', { noticePhone, ...more })
    heard()
    // A borrowed session has neither the password nor the factor.
    expect((await number('8 (916) 123-45-67')).json().code).toBe('session/wrong-credentials')
    expect((await number('+7 916', { password: PASSWORD })).statusCode).toBe(400)
    expect((await number('8 (916) 123-45-67', { password: PASSWORD })).json()).toEqual({ noticePhone: '+79161234567' })
    expect(heard()).toEqual(['+79161234567: этот номер указан для уведомлений'])
    await withTotp(browser)
    expect(heard()).toEqual(['+79161234567: добавлен второй фактор'])
    await house.clock.advance(minutes(16))
    expect((await number(null)).json().code).toBe('access/second-factor')
    expect(heard()).toEqual([])
    expect((await send(browser, 'GET', '/api/account')).json().noticePhone).toBe('+79161234567')
    await send(boss, 'PATCH', `/api/accounts/${await idOf(boss)}`, { role: 'auditor' })
    const { token } = (await send(boss, 'POST', `/api/accounts/${await idOf(boss)}/recovery`)).json()
    const thief = { cookie: '' }
    await send(thief, 'POST', '/api/invitations/accept', { token, password: 'another calm field' })
    expect(heard()).toEqual([
      '+79161234567: изменены роль или парки',
      '+79161234567: выдана ссылка для восстановления доступа',
      '+79161234567: доступ восстановлен по ссылке владельца, прежний второй фактор снят',
    ])
    // Whoever has it now cannot lead the word away unheard.
    await send(thief, 'PUT', '/api/account/notice', { noticePhone: '+79990000001', password: 'another calm field' })
    expect(heard()).toEqual([
      '+79161234567: для уведомлений указан другой номер',
      '+79990000001: этот номер указан для уведомлений',
    ])
    await send(thief, 'POST', '/api/session/password', { current: 'another calm field', next: 'a third calm field' })
    await send(boss, 'DELETE', `/api/accounts/${await idOf(boss)}`)
    expect(heard()).toEqual(['+79990000001: сменён пароль', '+79990000001: учётная запись закрыта'])
  })

  test('with another role is signed out everywhere', async () => {
    const [boss, browser] = [await owner(), await signedIn()]
    const { token } = (await send(browser, 'POST', '/api/tokens', { name: 't' })).json()
    const changed = await send(boss, 'PATCH', `/api/accounts/${await idOf(boss)}`, { role: 'auditor', parks: [] })
    expect(changed.json()).toMatchObject({ role: 'auditor', parks: [] })
    expect((await send(browser, 'GET', '/api/session')).statusCode).toBe(401)
    expect((await send(token, 'GET', '/api/session')).statusCode).toBe(401)
  })
})
