import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import Provider from 'oidc-provider'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loginFrom, roleOf } from '../../../cloud/identity/outside-person.ts'
import { cookieOf, createPeopleApp, ORIGIN, type PeopleApp } from '../../support/people-app.ts'

const PEOPLE: Readonly<Record<string, { email: string; email_verified: boolean; groups: readonly string[] }>> = {
  anna: { email: 'anna@firm.example', email_verified: true, groups: ['fleet'] },
  boris: { email: 'boris@elsewhere.example', email_verified: true, groups: ['fleet'] },
  vera: { email: 'vera@firm.example', email_verified: false, groups: ['fleet'] },
  gleb: { email: 'gleb@firm.example', email_verified: true, groups: ['bosses'] },
}
const BACK = `${ORIGIN}/api/session/outside/back`
let server: Server
let house: PeopleApp
let issuer: string
beforeAll(async () => {
  server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  issuer = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  const provider = new Provider(issuer, {
    clients: [{ client_id: 'kordon', client_secret: 'secret', redirect_uris: [BACK] }],
    claims: { openid: ['sub'], email: ['email', 'email_verified', 'groups'], profile: ['name'] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    findAccount: (_context: unknown, id: string) => ({
      accountId: id,
      claims: async () => ({ sub: id, name: id, ...PEOPLE[id] }),
    }),
  })
  server.on('request', provider.callback())
  house = await createPeopleApp(
    [],
    {},
    {
      oidc: {
        issuer,
        clientId: 'kordon',
        clientSecret: 'secret',
        domains: ['firm.example'],
        roleClaim: 'groups',
        roles: { fleet: 'manager', bosses: 'owner' },
      },
    },
  )
}, 120_000)
afterAll(async () => {
  await house.close()
  server.close()
  server.closeAllConnections()
})

/** A browser at the service: follows it to where it sends us back, signing in and consenting on the way. */
async function visit(start: string, login: string): Promise<string> {
  const jar = new Map<string, string>()
  let url = start
  let body: string | undefined
  for (let step = 0; step < 12; step += 1) {
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: {
        cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(body === undefined ? {} : { method: 'POST', body }),
    })
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ''] = line.split(';')
      jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
    }
    body = undefined
    const location = answer.headers.get('location')
    if (location !== null) {
      url = new URL(location, url).href
      if (url.startsWith(BACK)) return url
      continue
    }
    const page = await answer.text()
    const action = /action="([^"]+)"/.exec(page)?.[1]
    if (action === undefined) throw new Error(`no form: ${answer.status} ${page.slice(0, 300)}`)
    body = page.includes('name="login"') ? `prompt=login&login=${login}&password=x` : 'prompt=consent'
    url = new URL(action, url).href
  }
  throw new Error('the service never sent us back')
}
const cookiesOf = (answer: { cookies: readonly { name: string; value: string }[] }) =>
  answer.cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
const depart = async () => {
  const answer = await house.app.inject({ method: 'GET', url: '/api/session/outside' })
  return { url: String(answer.headers.location), cookie: cookiesOf(answer) }
}
const arrive = (url: string, cookie: string) =>
  house.app.inject({ method: 'GET', url: url.slice(ORIGIN.length), headers: { cookie } })
const come = async (login: string) => {
  const { url, cookie } = await depart()
  return arrive(await visit(url, login), cookie)
}

describe('an outside sign-in', () => {
  test('lets in a verified address of an allowed domain with a mapped role, each time as the same person', async () => {
    const first = await come('anna')
    expect(first.statusCode).toBe(200)
    const me = async (cookie: string) =>
      (await house.app.inject({ method: 'GET', url: '/api/session', headers: { cookie } })).json().user
    const user = await me(cookiesOf(first))
    expect(user).toMatchObject({ login: 'anna', role: 'manager' })
    expect((await me(cookiesOf(await come('anna')))).id).toBe(user.id)
  })

  test.each(['boris', 'vera', 'gleb'])(
    '%s is not let in: another domain, an unproven address, a role from outside',
    async (login) => {
      expect((await come(login)).json()).toMatchObject({ code: 'identity/refused' })
    },
  )

  test('is linked to an account by its password, is told to its person, and ends with its recovery', async () => {
    const account = { login: 'zoya', name: 'Z', role: 'manager', password: 'a calm green field' } as const
    await house.people.ensureAccounts([account])
    const cookie = await cookieOf(house.app, account.login, account.password)
    const link = (payload?: object) =>
      house.app.inject({
        method: 'POST',
        url: '/api/account/outside',
        headers: { cookie },
        ...(payload === undefined ? {} : { payload }),
      })
    // A borrowed session opens no door of its own.
    for (const wrong of [undefined, {}, { password: 'a guess at it' }])
      expect((await link(wrong)).json().code).toBe('session/wrong-credentials')
    const phone = { noticePhone: '+79161234567', password: account.password }
    await house.app.inject({ method: 'PUT', url: '/api/account/notice', headers: { cookie }, payload: phone })
    const begun = await link({ password: account.password })
    const back = await visit(begun.json().url, 'boris')
    expect((await arrive(back, cookiesOf(begun))).statusCode).toBe(200)
    expect(house.notified.at(-1)).toMatchObject({ to: '+79161234567', change: 'подключён вход через внешнюю службу' })
    expect((await come('boris')).statusCode).toBe(200)

    const boss = { login: 'boss', name: 'B', role: 'owner', password: 'a calm green field' } as const
    await house.people.ensureAccounts([boss])
    const owner = { cookie: await cookieOf(house.app, boss.login, boss.password) }
    const { items } = (await house.app.inject({ url: '/api/accounts', headers: owner })).json()
    const { id } = items.find((person: { login: string }) => person.login === account.login)
    const given = await house.app.inject({ method: 'POST', url: `/api/accounts/${id}/recovery`, headers: owner })
    const accept = { token: given.json().token, password: 'another calm field' }
    await house.app.inject({ method: 'POST', url: '/api/invitations/accept', payload: accept })
    expect((await come('boris')).json()).toMatchObject({ code: 'identity/refused' })
  })

  test('is finished by the browser that began it, once', async () => {
    const { url, cookie } = await depart()
    const back = await visit(url, 'anna')
    const other = await depart()
    expect((await arrive(back, other.cookie)).json().code).toBe('session/step-expired')
    expect((await arrive(back, '')).json().code).toBe('session/step-expired')
    expect((await arrive(back, cookie)).statusCode).toBe(200)
    expect((await arrive(back, cookie)).json().code).toBe('session/step-expired')
  })
})

test('nobody is an owner from outside, whatever is mapped', () => {
  const person = { issuer: 'i', subject: 's', name: 'n', email: 'a@firm.example', groups: ['bosses', 'fleet'] }
  expect(roleOf(person, { domains: ['firm.example'], roles: { bosses: 'owner' } })).toBeUndefined()
  expect(roleOf(person, { domains: ['firm.example'], roles: { bosses: 'owner', fleet: 'head' } })).toBe('head')
})

test('a login made of an address is one that our own rules allow', () => {
  for (const email of ['anna@x.example', '7@x.example', 'Анна@x.example', `${'x'.repeat(80)}@x.example`])
    for (const number of [0, 12]) expect(loginFrom(email, number)).toMatch(/^[a-z][a-z0-9._-]{1,31}$/)
})
