import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { shippedPolicy } from '../../cloud/access/access-store.ts'
import { fieldRight } from '../../cloud/access/policy.ts'
import { ROLES, type Role } from '../../cloud/http/access.ts'
import { MAIN_PARK } from '../../cloud/parks/park.ts'
import { type CloudApp, startCloudApp } from '../support/cloud-app.ts'
import { cookieOf } from '../support/people-app.ts'
import { ROUTE_RIGHTS } from '../support/route-rights.ts'

const PASSWORD = 'a calm green field'
const SECRETS = {
  birthDate: '1987-03-29',
  passportNumber: '4510 123456',
  passportIssuedBy: 'ОВД Хамовники',
  passportIssuedOn: '2011-07-19',
  licenceNumber: '9912 345678',
  licenceUntil: '2031-08-23',
  address: 'Тверская, 19-44',
}
const Id = z.object({ id: z.string() })
let house: CloudApp
let owner: string
/** Somebody of each role who sees the main park alone. */
let people: ReadonlyMap<Role, string>
/** What stands in the main park and in the other one, by the address it is found under. */
let standing: Record<'here' | 'there', Readonly<Record<string, string>>>

const call = async (cookie: string | undefined, method: string, url: string, payload?: object) => {
  const headers = cookie === undefined ? {} : { cookie }
  const options = { method: method as 'GET', url, headers, ...(payload === undefined ? {} : { payload }) }
  // A machine that is busy with other tests may be told «too much at once», and asks again as any client would.
  for (let tries = 1; ; tries += 1) {
    const answer = await house.cloud.http.inject(options)
    if (answer.statusCode !== 503 || tries === 40) return answer
    await sleep(250)
  }
}
const made = async (url: string, payload: object): Promise<string> => {
  const answer = await call(owner, 'POST', url, payload)
  if (answer.statusCode !== 201) throw new Error(`POST ${url}: ${answer.body}`)
  return Id.parse(answer.json()).id
}
const furnish = async (parkId: string, plate: string, phone: string) => {
  const vehicle = await made('/api/vehicles', { plate, model: 'Haval', parkId })
  const gateway = await made('/api/gateways', { vehicleId: vehicle })
  const person = { familyName: 'Иванов', givenName: plate, legalForm: 'self-employed', phones: [{ phone }], parkId }
  const driver = await made('/api/drivers', person)
  for (const kind of ['dk', 'osago', 'osgop'])
    await made(`/api/vehicles/${vehicle}/papers`, { kind, number: `${kind} 1`, validUntil: '2099-01-01' })
  const lease = await made('/api/leases', {
    vehicleId: vehicle,
    plan: 'rent',
    drivers: [{ driverId: driver, main: true }],
    startsOn: '2026-01-01',
    schedule: { rates: [250_000, 250_000, 250_000, 250_000, 250_000, 150_000, 0] },
  })
  const handedOut = await call(owner, 'POST', `/api/leases/${lease}/activate`, { note: 'передан' })
  if (handedOut.statusCode !== 200) throw new Error(handedOut.body)
  return { vehicles: vehicle, gateways: gateway, drivers: driver, leases: lease }
}
beforeAll(async () => {
  house = await startCloudApp({ KORDON_REQUESTS_PER_MINUTE: '1000000' })
  owner = await house.as('owner')
  const park = await made('/api/parks', { name: 'Северный' })
  standing = {
    here: await furnish(MAIN_PARK, 'А001АА77', '+79161234501'),
    there: await furnish(park, 'А002АА77', '+79161234502'),
  }
  for (const side of ['here', 'there'] as const) {
    const written = await call(owner, 'PUT', `/api/drivers/${standing[side]['drivers']}/secrets`, SECRETS)
    if (written.statusCode !== 200) throw new Error(written.body)
  }
  const signedIn: [Role, string][] = []
  for (const role of ROLES) {
    await made('/api/accounts', { login: `${role}.here`, name: role, role, password: PASSWORD, parks: [MAIN_PARK] })
    signedIn.push([role, await cookieOf(house.cloud.http, `${role}.here`, PASSWORD)])
  }
  people = new Map(signedIn)
}, 180_000)
afterAll(() => house.stop())

/** The live feed never ends, and has tests of its own. */
const endless = new Set(['GET /api/live'])
const closed = ROUTE_RIGHTS.filter(([route, roles]) => roles !== 'public' && !endless.has(route)).map(
  ([route, roles]) => {
    const [method = '', path = ''] = route.split(' ')
    return { route, method, path, roles: new Set(roles.split(' ')) }
  },
)
/** The kind of thing the first parameter of an address names; its park decides who finds it. */
const kindOf = (path: string): string | undefined =>
  /^\/api\/(vehicles|gateways|drivers|leases)\/\{id\}/.exec(path)?.[1]
const filled = (path: string, side: 'here' | 'there' | 'nowhere'): string => {
  const kind = kindOf(path)
  const first = side === 'nowhere' || kind === undefined ? undefined : standing[side][kind]
  return path.replace('{id}', first ?? randomUUID()).replaceAll(/\{[^}]+\}/g, () => randomUUID())
}

/**
 * Addresses with a parameter that knows no park, each with the reason. A new one is either of a kind whose park decides
 * or is written down here.
 */
const OF_NO_PARK = [
  /^\/api\/(accounts|tokens|invitations|account)\//, // people, by owners and by themselves
  /^\/api\/parks\//, // the park itself: its routes look at the sight of who asks
  /^\/api\/audit\//, // of all parks together, for who sees them all
  /^\/api\/orders\//, // by its vehicle; proven with the vehicle’s own orders
  /^\/api\/(policies|rules|decisions)\//, // of the whole house, or filtered by the vehicle they concern
  /^\/api\/(ledger|balances|reports)\//, // by their driver and vehicle, in the slice’s own tests
  /^\/api\/(inspection-stations|papers)\//, // by their vehicle, in the slice’s own tests
  /^\/api\/(message-groups|quarantine)\//, // of the whole house
  /^\/api\/(zones|permits|appeals)\//, // by the park of the zone, the vehicle, the driver: the slice looks itself
  /^\/api\/(cards|tasks|card-views|process-roles|definitions|documents|hooks)\//, // by process roles, in the slice’s own tests
  /^\/api\/calls\//, // by the parks of its cards, in the slice’s own tests
  /^\/api\/(phone-lines|phone-extensions|series|inbox|inbox-accounts)\//, // of the whole house
  /^\/api\/(registries|dispatcher)\//, // of the whole house, cards in them by process roles and parks
  /^\/api\/(phone-lines|phone-extensions|registries|series|inbox-accounts)\//, // of the whole house
  /^\/api\/(calls|inbox)\//, // by the cards of the call, by the account’s park: the slice looks itself
  /^\/api\/(trackers|tracker-logins)\//, // by their vehicle, in the slice’s own tests
]

describe('the table', () => {
  test('has every route of the running service, with the roles it really names, and no other', () => {
    const document = z.object({ paths: z.record(z.string(), z.record(z.string(), z.looseObject({}))) })
    const { paths } = document.parse(JSON.parse(JSON.stringify(house.cloud.http.swagger())))
    const found = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => {
        const roles = z.array(z.string()).parse(operation['x-kordon-roles'])
        return `${method.toUpperCase()} ${path}: ${roles.toSorted().join(' ')}`
      }),
    )
    expect(found.toSorted()).toEqual(
      ROUTE_RIGHTS.map(([route, roles]) => `${route}: ${roles.split(' ').toSorted().join(' ')}`).toSorted(),
    )
  })

  test('knows of every address with a parameter whose park decides', () => {
    const open = closed.filter(
      ({ path }) => path.includes('{') && kindOf(path) === undefined && !OF_NO_PARK.some((rule) => rule.test(path)),
    )
    expect(open.map(({ route }) => route)).toEqual([])
  })
})

describe('every route × every role × two parks', () => {
  test.each(closed)('$route', async ({ route, method, path, roles }) => {
    const cells: string[] = []
    const expected: string[] = []
    const note = (cell: string, wanted: string, got: string) => {
      expected.push(`${cell}: ${wanted}`)
      cells.push(`${cell}: ${got}`)
    }
    const codeOf = async (cookie: string | undefined, url: string) => {
      const answer = await call(cookie, method, url)
      const problem = answer.statusCode >= 400 ? z.looseObject({ code: z.string() }).parse(answer.json()) : undefined
      return { status: answer.statusCode, code: problem?.code ?? 'allowed' }
    }
    note('nobody', 'session/missing', (await codeOf(undefined, filled(path, 'here'))).code)
    for (const [role, cookie] of people) {
      if (!roles.has(role)) {
        for (const side of ['here', 'there'] as const)
          note(`${role} ${side}`, 'access/forbidden', (await codeOf(cookie, filled(path, side))).code)
        continue
      }
      const kind = kindOf(path)
      // What would change something is asked of what does not exist: it is let in, and finds nothing.
      const own = await codeOf(cookie, filled(path, method === 'GET' ? 'here' : 'nowhere'))
      const byPolicy = role === 'accountant' && /\/(track(\.\w+)?|trips)$/.test(path)
      const ofAllParks = path.startsWith('/api/audit')
      if (byPolicy || ofAllParks) note(`${role} here`, 'access/forbidden', own.code)
      else
        note(`${role} here`, 'let in', own.status === 401 || own.status === 403 ? personal(route, own.code) : 'let in')
      if (kind === undefined) continue
      const there = await codeOf(cookie, filled(path, 'there'))
      const nowhere = await codeOf(cookie, filled(path, 'nowhere'))
      // What is out of sight is answered exactly like what does not exist.
      note(`${role} there`, byPolicy ? 'access/forbidden' : nowhere.code, there.code)
      if (method === 'GET' && !byPolicy) note(`${role} there`, '404', String(there.status))
    }
    expect(cells).toEqual(expected)
  })
})

test('what stands in another park takes as long to be refused as what does not exist', async () => {
  const cookie = people.get('manager')
  const spent = { there: [] as number[], nowhere: [] as number[] }
  const median = (all: readonly number[]): number => all.toSorted((one, other) => one - other)[all.length >> 1] ?? 0
  const ask = async (side: keyof typeof spent) => {
    const from = performance.now()
    await call(cookie, 'GET', filled('/api/vehicles/{id}', side))
    spent[side].push(performance.now() - from)
  }
  for (let n = 0; n < 100; n += 1)
    for (const side of n % 2 === 0 ? (['there', 'nowhere'] as const) : (['nowhere', 'there'] as const)) await ask(side)
  const [there, nowhere] = [median(spent.there), median(spent.nowhere)]
  // A car that is read and then kept back would take several times as long.
  expect(Math.max(there, nowhere) / Math.min(there, nowhere)).toBeLessThan(1.7)
})

describe('no answer has more of a field than the policy shows the role', () => {
  const shipped = shippedPolicy()
  /** What would stand in an answer, and the field of the policy it is. */
  const telling = [
    ['9161234501', 'phone'],
    [SECRETS.passportNumber, 'passport'],
    [SECRETS.passportIssuedBy, 'passport'],
    [SECRETS.passportIssuedOn, 'passport'],
    [SECRETS.licenceNumber, 'licence'],
    [SECRETS.licenceUntil, 'licence'],
    [SECRETS.birthDate, 'birthDate'],
    [SECRETS.address, 'address'],
  ] as const
  const answers = closed.filter(({ method, path }) => method === 'GET' && !path.includes('/personal'))
  test.each(ROLES)('%s, on every route that he may read', async (role) => {
    const shown = new Set<string>()
    for (const { path, route, roles } of answers) {
      if (!roles.has(role)) continue
      const { body, statusCode } = await call(people.get(role), 'GET', filled(path, 'here'))
      if (statusCode >= 300) continue
      for (const [text, field] of telling) {
        const right = fieldRight(shipped, role, 'driver', field)
        if (!body.includes(text)) continue
        if (right !== 'read' && right !== 'write') expect.fail(`${route} shows ${role} the ${field}, which is ${right}`)
        shown.add(field)
      }
      // A place of another park stands in no list.
      expect(body, route).not.toContain('9161234502')
      for (const kind of ['vehicles', 'drivers', 'leases'] as const)
        expect(body, `${route}, ${role}: another park’s ${kind}`).not.toContain(standing.there[kind])
    }
    const wanted = ['phone', 'passport', 'licence', 'birthDate', 'address'].filter((field) => {
      const right = fieldRight(shipped, role, 'driver', field)
      const route = field === 'phone' ? 'GET /api/vehicles' : 'GET /api/drivers/{id}/secrets'
      return /read|write/.test(right) && closed.some((one) => one.route === route && one.roles.has(role))
    })
    // The sweep has eyes: what a role may see it does see.
    expect([...shown].toSorted()).toEqual(wanted.toSorted())
  })
  test('a masked field shows its end, a hidden one nothing, and neither can be written', async () => {
    const url = `/api/drivers/${standing.here['drivers']}`
    const driverOf = async (role: Role) => (await call(people.get(role), 'GET', url)).json()
    expect((await driverOf('manager')).phones).toEqual([{ phone: '+79161234501', main: true }])
    expect((await driverOf('support')).phones).toEqual([{ phone: '+7 ••• ••-01', main: true }])
    expect((await driverOf('papers')).balance).toBeNull()
    const vehicle = (await call(people.get('technician'), 'GET', `/api/vehicles/${standing.here['vehicles']}`)).json()
    expect([vehicle.driver.phone, vehicle.balance]).toEqual([null, null])
    const lease = `/api/leases/${standing.here['leases']}`
    const terms = { schedule: null, depositKopecks: null, buyout: null, marketValueKopecks: null }
    expect((await call(people.get('service'), 'GET', lease)).json()).toMatchObject(terms)
    expect((await call(people.get('manager'), 'GET', lease)).json().schedule.rates[0]).toBe(250_000)
    const secrets = (await call(people.get('head'), 'GET', `${url}/secrets`)).json()
    expect(secrets).toMatchObject({
      passportNumber: '•••56',
      passportIssuedOn: null,
      licenceUntil: SECRETS.licenceUntil,
    })
    const { version } = await driverOf('support')
    const wish = { version, phones: [{ phone: '+79990000000' }] }
    const refused = await call(people.get('support'), 'PATCH', url, wish)
    expect(refused.json()).toMatchObject({ code: 'access/field', fields: ['phones'] })
    expect((await call(people.get('support'), 'PATCH', url, { version, note: 'звонил' })).statusCode).toBe(200)
    const history = (await call(people.get('auditor'), 'GET', `${url}/history`)).body
    expect(history).toContain('••-01')
  })
})

/**
 * Refusals that are about the own person and not about the role: a second factor, the own account; and an account is
 * nobody's driver: the page's own session is proven in test/cloud/driver-page.
 */
const personal = (route: string, code: string): string =>
  (/^(POST|DELETE|PATCH) \/api\/(account|accounts|session|invitations|tokens)/.test(route) ||
    / \/api\/driver\//.test(route)) &&
  ['access/second-factor', 'session/wrong-credentials', 'access/forbidden'].includes(code)
    ? 'let in'
    : code
