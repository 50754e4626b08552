import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { minutes } from '#contract/instant.ts'
import { cookieOf, createPeopleApp, type PeopleApp } from '../../support/people-app.ts'

let house: PeopleApp
beforeAll(async () => {
  house = await createPeopleApp()
})
afterAll(() => house.close())

const call = (method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object, headers: Record<string, string> = {}) =>
  house.app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
const signIn = (login: string, password: string) => call('POST', '/api/session', { login, password })
const boss = { login: 'boss', name: 'Хозяйка', password: 'a quiet brown river' }

describe('a fresh installation', () => {
  let token: string

  test('has no account: no login works', async () => {
    for (const login of ['owner', 'admin', 'manager'])
      expect((await signIn(login, `demo-${login}`)).json()).toMatchObject({ code: 'session/wrong-credentials' })
  })

  test('a wrong link makes nobody an owner', async () => {
    token = (await house.people.openSetup()) ?? ''
    expect(token).not.toBe('')
    const answer = await call('POST', '/api/setup', { ...boss, token: 'guessed' })
    expect(answer.json()).toMatchObject({ code: 'setup/closed', status: 403 })
  })

  test('a weak password is refused and the link stays good', async () => {
    const answer = await call('POST', '/api/setup', { ...boss, token, password: 'password123' })
    expect(answer.json()).toMatchObject({ code: 'account/weak-password' })
  })

  test('the link makes the owner once, and signs in', async () => {
    const answers = await Promise.all(
      [1, 2, 3].map((n) => call('POST', '/api/setup', { ...boss, login: `boss${n}`, token })),
    )
    expect(answers.map((answer) => answer.statusCode).sort()).toEqual([201, 403, 403])
    const made = answers.find((answer) => answer.statusCode === 201)
    expect(made?.json().user.role).toBe('owner')
    expect(made?.cookies[0]).toMatchObject({ name: 'kordon_session', httpOnly: true, secure: true, sameSite: 'Strict' })
    expect(await house.people.openSetup()).toBeUndefined()
  })
})

describe('sessions', () => {
  beforeAll(() => house.people.ensureAccounts([{ ...boss, role: 'owner' }]))

  test('a session knows its person until sign-out', async () => {
    const cookie = await cookieOf(house.app, 'boss', boss.password)
    expect((await call('GET', '/api/session', undefined, { cookie })).json().user).toMatchObject({
      login: 'boss',
      name: 'Хозяйка',
    })
    expect((await call('DELETE', '/api/session', undefined, { cookie })).statusCode).toBe(204)
    expect((await call('GET', '/api/session', undefined, { cookie })).statusCode).toBe(401)
  })

  test('signing in again ends the session the browser had', async () => {
    const old = await cookieOf(house.app, 'boss', boss.password)
    const again = await call('POST', '/api/session', { login: 'boss', password: boss.password }, { cookie: old })
    expect(again.cookies[0]?.value).not.toBe(old.split('=')[1])
    expect((await call('GET', '/api/session', undefined, { cookie: old })).statusCode).toBe(401)
  })

  test('an unused session ends after twelve hours', async () => {
    const cookie = await cookieOf(house.app, 'boss', boss.password)
    house.clock.jumpWall(minutes(12 * 60 + 1))
    expect((await call('GET', '/api/session', undefined, { cookie })).statusCode).toBe(401)
  })

  test('a made-up cookie is nobody', async () => {
    expect((await call('GET', '/api/session', undefined, { cookie: 'kordon_session=x' })).statusCode).toBe(401)
  })

  test('a new password ends every other session', async () => {
    const [first, second] = [
      await cookieOf(house.app, 'boss', boss.password),
      await cookieOf(house.app, 'boss', boss.password),
    ]
    const change = { current: boss.password, next: 'another quiet river' }
    expect((await call('POST', '/api/session/password', change, { cookie: first })).statusCode).toBe(200)
    expect((await call('GET', '/api/session', undefined, { cookie: second })).statusCode).toBe(401)
    const back = { current: 'another quiet river', next: boss.password }
    const cookie = await cookieOf(house.app, 'boss', 'another quiet river')
    expect((await call('POST', '/api/session/password', back, { cookie })).statusCode).toBe(200)
  })
})

describe('guessing', () => {
  test('is throttled per login, even when the last guess is right, and the wait runs out', async () => {
    await house.people.ensureAccounts([{ login: 'victim', name: 'V', role: 'manager', password: 'a calm green field' }])
    const guesses = await Promise.all(Array.from({ length: 8 }, (_, n) => signIn('victim', `guess number ${n}`)))
    const codes = guesses.map((answer) => answer.json().code)
    expect(codes.filter((code) => code === 'session/wrong-credentials')).toHaveLength(5)
    expect(codes.filter((code) => code === 'session/throttled')).toHaveLength(3)
    const right = await signIn('victim', 'a calm green field')
    expect(right.statusCode).toBe(429)
    expect(Number(right.headers['retry-after'])).toBeGreaterThan(0)
    await house.clock.advance(minutes(15))
    expect((await signIn('victim', 'a calm green field')).statusCode).toBe(200)
  })

  test('the present password cannot be guessed by who has borrowed a session', async () => {
    await house.people.ensureAccounts([{ login: 'lender', name: 'L', role: 'manager', password: 'a calm green field' }])
    const cookie = await cookieOf(house.app, 'lender', 'a calm green field')
    const codes: string[] = []
    for (let n = 0; n < 7; n += 1) {
      const guess = { current: `guess number ${n}`, next: 'another calm field' }
      codes.push((await call('POST', '/api/session/password', guess, { cookie })).json().code)
    }
    expect(codes.filter((code) => code === 'session/wrong-credentials')).toHaveLength(5)
    expect(codes.slice(5)).toEqual(['session/throttled', 'session/throttled'])
  })
})

describe('API tokens', () => {
  test('act with the role of their person, are listed without secret, and end when revoked', async () => {
    const cookie = await cookieOf(house.app, 'boss', boss.password)
    const made = await call('POST', '/api/tokens', { name: 'laptop' }, { cookie })
    expect(made.statusCode).toBe(201)
    const { token, id } = made.json()
    const authorization = `Bearer ${token}`
    expect((await call('GET', '/api/session', undefined, { authorization })).json().user.login).toBe('boss')
    const listed = await call('GET', '/api/tokens', undefined, { authorization })
    expect(listed.json().items.map((item: { id: string }) => item.id)).toContain(id)
    expect(listed.body).not.toContain(token)
    expect((await call('DELETE', `/api/tokens/${id}`, undefined, { authorization })).statusCode).toBe(204)
    expect((await call('GET', '/api/session', undefined, { authorization })).statusCode).toBe(401)
  })

  test('cannot make further tokens or accounts', async () => {
    const cookie = await cookieOf(house.app, 'boss', boss.password)
    const { token } = (await call('POST', '/api/tokens', { name: 'script' }, { cookie })).json()
    const authorization = `Bearer ${token}`
    expect((await call('POST', '/api/tokens', { name: 'more' }, { authorization })).statusCode).toBe(403)
    const account = { login: 'ghost', name: 'G', role: 'owner', password: 'a calm green field' }
    expect((await call('POST', '/api/accounts', account, { authorization })).statusCode).toBe(403)
  })

  test('end at their time', async () => {
    const cookie = await cookieOf(house.app, 'boss', boss.password)
    const expiresAt = new Date(house.clock.now() + minutes(5)).toISOString()
    const { token } = (await call('POST', '/api/tokens', { name: 'short', expiresAt }, { cookie })).json()
    await house.clock.advance(minutes(6))
    expect((await call('GET', '/api/session', undefined, { authorization: `Bearer ${token}` })).statusCode).toBe(401)
  })

  test('a wrong token is nobody, even beside a good cookie', async () => {
    const cookie = await cookieOf(house.app, 'boss', boss.password)
    expect((await call('GET', '/api/session', undefined, { cookie, authorization: 'Bearer kdn_x' })).statusCode).toBe(
      401,
    )
  })
})

describe('accounts', () => {
  test('are made by the owner, once per login, and end with all their sessions when disabled', async () => {
    const cookie = await cookieOf(house.app, 'boss', boss.password)
    const account = { login: 'petr', name: 'Пётр', role: 'technician', password: 'a calm green field' }
    const made = await call('POST', '/api/accounts', account, { cookie })
    expect(made.statusCode).toBe(201)
    expect((await call('POST', '/api/accounts', account, { cookie })).json()).toMatchObject({
      code: 'account/login-taken',
    })
    const his = await cookieOf(house.app, 'petr', account.password)
    expect((await call('POST', '/api/accounts', account, { cookie: his })).statusCode).toBe(403)
    expect((await call('DELETE', `/api/accounts/${made.json().id}`, undefined, { cookie })).statusCode).toBe(204)
    expect((await call('GET', '/api/session', undefined, { cookie: his })).statusCode).toBe(401)
    expect((await signIn('petr', account.password)).statusCode).toBe(401)
  })
})
