import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { VehicleId } from '#contract/ids.ts'
import { createPapers } from '../../../cloud/papers/app.ts'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { createInboxStore } from '../../../cloud/processes/inbox/inbox-store.ts'
import type { Incoming } from '../../../cloud/processes/inbox/webhook.ts'
import { createSources } from '../../../cloud/sources/app.ts'
import type { Difference } from '../../../cloud/sources/paper-answer.ts'
import { Sources, secretsOf } from '../../../cloud/sources/source.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'
import { createSqlDatabase, migrated, type SqlDatabase } from '../../support/sql-databases.ts'

const HOUR = 3_600_000
const hands = createManualClock()
/** Whoever waits, waits no time of ours. */
const clock = { ...hands, sleep: (length: number) => hands.advance(length) }
const never = new AbortController().signal
let database: SqlDatabase
let postgres: Postgres
let server: Server
let base: string
/** What the agency has on each address, what it was asked, and how often it still fails. */
let answers: Map<string, unknown>
let asked: { readonly url: string; readonly token: string | undefined }[]
let failing: { status: number; times: number }
let differences: Difference[]

beforeAll(async () => {
  database = await createSqlDatabase('PGlite')
  postgres = await migrated(database)
  server = createServer((request, response) => {
    const url = decodeURIComponent(request.url ?? '')
    asked.push({ url, token: request.headers['token']?.toString() })
    if (failing.times > 0) {
      failing.times -= 1
      response.writeHead(failing.status).end('<html>')
      return
    }
    const answer = answers.get(url)
    if (answer === 'silence') return
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer ?? {}))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  for (const [id, plate, sts, vin] of [
    [CAR, 'А001АА77', '77СТС1', 'XTA00000000000001'],
    [OTHER, 'В002ВВ77', '77СТС2', null],
  ] as const) {
    await postgres.db.insertInto('vehicles').values({ id, plate, model: 'Rio', createdAt: clock.now() }).execute()
    const card = { vehicleId: id, vin, sts, year: null, colour: '', marketValueKopecks: null, note: '' }
    await postgres.db
      .insertInto('vehicleCards')
      .values({ ...card, version: 1, changedAt: clock.now(), changedBy: 'test' })
      .execute()
  }
}, 60_000)
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await database.close()
})
beforeEach(async () => {
  answers = new Map()
  asked = []
  failing = { status: 503, times: 0 }
  differences = []
  for (const table of ['papers', 'paperChecks', 'sourceStates', 'processOutbox', 'processInbox'] as const)
    await postgres.db.deleteFrom(table).execute()
})

const CAR = VehicleId.parse('00000000-0000-4000-8000-000000000001')
const OTHER = VehicleId.parse('00000000-0000-4000-8000-000000000002')
const OSAGO = {
  id: 'rsa',
  title: 'РСА',
  headers: { token: { secret: 'rsa' } },
  retries: 0,
  timeoutSeconds: 1,
  perMinute: 600,
  kinds: ['osago'],
  later: [{ at: '/success', is: 0 }],
  items: '/policies',
  paper: { until: { at: '/dateEnd', as: 'dd.mm.yyyy' }, number: '/policyNumber', vin: '/vin' },
}
const FINES = {
  id: 'gibdd',
  title: 'Штрафы',
  retries: 0,
  perMinute: 600,
  everyHours: 6,
  items: '/fines',
  fine: {
    no: '/num_post',
    at: { at: '/date_violation', as: 'iso' },
    amount: { at: '/sum', as: 'roubles' },
    article: '/koap_code',
  },
}
const house = (papers: readonly object[], fines: readonly object[] = []) => {
  const world = { clock, log: silentLog, uuid: crypto.randomUUID }
  const inSight = async (_parks: unknown, ids: readonly VehicleId[]) => new Set(ids)
  const own = createPapers({
    ...postgres,
    world: { clock, uuid: () => crypto.randomUUID() },
    inSight,
    days: async () => ({ warnDays: 30, issueDays: 3 }),
    changed: () => {},
  }).service
  const take = async (incoming: Incoming) =>
    (await createInboxStore(postgres.db).take('fine', incoming, clock.now())) !== undefined
  const described = {
    sources: Sources.parse({
      papers: papers.map((one) => ({ url: `${base}/osago?reg={plate}`, ...one })),
      fines: fines.map((one) => ({ url: `${base}/fines?reg={plate}&sts={sts}`, ...one })),
    }),
    secrets: { rsa: 'tajna-42' },
  }
  const { service } = createSources({
    ...postgres,
    world: { ...world, randomBytes: (n: number) => new Uint8Array(n) } as never,
    described,
    papers: own,
    inSight,
    differs: async (difference) => void differences.push(difference),
    take,
  })
  return { service, papers: own }
}
const policy = (dateEnd: string, more: object = {}) => ({
  success: 1,
  policies: [{ policyNumber: 'ХХХ 1', vin: 'XTA**********0001', dateEnd, ...more }],
})
const hindrances = (own: ReturnType<typeof house>['papers']) =>
  own.hindrancesOf(CAR).then((all) => all.filter((one) => one.startsWith('ОСАГО')))

describe('A-48: papers are looked up at a described source', () => {
  test('what it says is a paper on record, once, and frees what waited for it; the secret is in the header', async () => {
    const { service, papers } = house([OSAGO])
    answers.set('/osago?reg=А001АА77', policy('01.12.2027'))
    expect(await hindrances(papers)).toEqual(['ОСАГО: документа нет. Сначала внесите'])
    await service.checkNow(CAR, never)
    await service.checkNow(CAR, never)
    expect(await hindrances(papers)).toEqual([])
    expect((await papers.of(CAR)).items).toMatchObject([
      { kind: 'osago', validUntil: '2027-12-01', number: 'ХХХ 1', addedBy: 'источник «РСА»' },
    ])
    expect(asked[0]).toEqual({ url: '/osago?reg=А001АА77', token: 'tajna-42' })
  })

  test.each([
    ['it is down', 503, undefined, 'источник ответил 503'],
    ['it wants other keys', 403, undefined, 'источник ответил 403'],
    ['it says nothing in time', 0, 'silence', 'источник не отвечает'],
    ['it answers with a page', 0, '<html>', 'ответ не JSON'],
    ['it asks to come later', 0, { success: 0 }, 'источник просит спросить позже'],
    ['its answer has another shape', 0, { success: 1, policy: 1 }, 'ответ не того вида'],
    ['it tells of another car', 0, policy('01.12.2027', { vin: 'Z94***00000000009' }), 'ответ о другой машине'],
    ['its day is none', 0, policy('скоро'), 'срок в ответе не разобрать'],
  ])('unknown neither satisfies nor blocks: %s', async (_name, status, answer, why) => {
    const { service, papers } = house([OSAGO])
    // What a person has entered stands, whatever the source does; what nobody has entered stays missing.
    await papers.add(
      CAR,
      { kind: 'osago', number: '5', issuedBy: '', validUntil: '2027-06-01' as never, note: '' },
      'Ольга',
    )
    failing = { status, times: status === 0 ? 0 : 9 }
    if (answer !== undefined) answers.set('/osago?reg=А001АА77', answer)
    await service.checkNow(CAR, never)
    expect(await service.checksOf(CAR)).toMatchObject([{ outcome: 'unknown', why, answeredAt: null }])
    expect(await hindrances(papers)).toEqual([])
    expect((await papers.of(CAR)).items).toHaveLength(1)
    expect(differences).toEqual([])
  })

  test('a failure leaves what it said before, with its age', async () => {
    const { service } = house([OSAGO])
    answers.set('/osago?reg=А001АА77', policy('01.12.2027'))
    await service.checkNow(CAR, never)
    const answeredAt = clock.now()
    await hands.advance(HOUR)
    failing = { status: 500, times: 9 }
    await service.checkNow(CAR, never)
    expect(await service.checksOf(CAR)).toMatchObject([
      { outcome: 'unknown', answeredAt, triedAt: clock.now(), validUntil: '2027-12-01' },
    ])
  })

  test('it is asked again at once where that may help, and no more often than described', async () => {
    const { service, papers } = house([{ ...OSAGO, retries: 2 }])
    answers.set('/osago?reg=А001АА77', policy('01.12.2027'))
    failing = { status: 502, times: 1 }
    await service.checkNow(CAR, never)
    expect(asked).toHaveLength(2)
    expect(await hindrances(papers)).toEqual([])
  })

  test('another day than ours, or none at all, is given to a person and changes nothing', async () => {
    const { service, papers } = house([OSAGO])
    await papers.add(
      CAR,
      { kind: 'osago', number: '5', issuedBy: '', validUntil: '2027-06-01' as never, note: '' },
      'Ольга',
    )
    answers.set('/osago?reg=А001АА77', policy('01.03.2027'))
    await service.checkNow(CAR, never)
    answers.set('/osago?reg=А001АА77', { success: 1, policies: [] })
    await service.checkNow(CAR, never)
    expect(differences.map(({ said, onRecord }) => [said, onRecord])).toEqual([
      ['2027-03-01', '2027-06-01'],
      [null, '2027-06-01'],
    ])
    expect((await papers.of(CAR)).items).toHaveLength(1)
  })

  test('every car is asked about once a day, what was unknown again after an hour; a source that is down is let alone', async () => {
    const { service } = house([OSAGO])
    answers.set('/osago?reg=А001АА77', policy('01.12.2027'))
    expect(await service.sweepPapers(never)).toBe(2)
    // The second car is not there: 404 is no answer.
    expect(await service.sweepPapers(never)).toBe(0)
    await hands.advance(HOUR + 1)
    expect(await service.sweepPapers(never)).toBe(1)
    await hands.advance(24 * HOUR)
    expect(await service.sweepPapers(never)).toBe(2)
    expect(await service.list()).toMatchObject([{ id: 'rsa', asked: 2, unknown: 1, problem: null }])
    failing = { status: 503, times: 99 }
    await hands.advance(24 * HOUR + 1)
    await service.sweepPapers(never)
    expect(await service.list()).toMatchObject([{ problem: 'источник ответил 503' }])
  })
})

describe('A-51: fines are polled at a described source', () => {
  const found = (no: string, more: object = {}) => ({
    num_post: no,
    date_violation: '2026-11-20 14:05:00',
    sum: '500.00',
    koap_code: '12.9',
    ...more,
  })
  const taken = () =>
    postgres.db.selectFrom('processInbox').select(['key', 'event', 'payload']).orderBy('key').execute()

  test('each by its number once, however often it is told, and by the hook too', async () => {
    const { service } = house([], [FINES])
    answers.set('/fines?reg=А001АА77&sts=77СТС1', { fines: [found('18810 1'), found('18810 2')] })
    answers.set('/fines?reg=В002ВВ77&sts=77СТС2', { fines: [found('188101')] })
    await createInboxStore(postgres.db).take(
      'fine',
      { event: 'fine.found', key: '188102', payload: {}, happenedAt: clock.now() },
      clock.now(),
    )
    expect(await service.sweepFines(never)).toBe(2)
    expect((await taken()).map(({ key }) => key)).toEqual(['188101', '188102'])
    expect((await taken())[0]).toMatchObject({
      event: 'fine.found',
      payload: {
        no: '188101',
        plate: 'А001АА77',
        at: Date.parse('2026-11-20T14:05:00+03:00'),
        amount: 50_000,
        article: '12.9',
      },
    })
    expect(await service.sweepFines(never)).toBe(0)
    await hands.advance(6 * HOUR)
    expect(await service.sweepFines(never)).toBe(2)
    expect(await taken()).toHaveLength(2)
  })

  test('one that lacks its moment, number or sum is counted, and the others are taken', async () => {
    const { service } = house([], [FINES])
    const wrong = [found('1', { date_violation: '2026-11-20' }), found('', {}), found('3', { sum: 'много' })]
    answers.set('/fines?reg=А001АА77&sts=77СТС1', { fines: [...wrong, found('188104')] })
    answers.set('/fines?reg=В002ВВ77&sts=77СТС2', { fines: [] })
    await service.sweepFines(never)
    expect((await taken()).map(({ key }) => key)).toEqual(['188104'])
    expect(await service.list()).toMatchObject([{ of: 'fines', unreadable: 3, problem: null }])
  })

  test('a source that is down is asked again in an hour, and nothing is lost', async () => {
    const { service } = house([], [{ ...FINES, url: `${base}/all`, fine: { ...FINES.fine, plate: '/plate' } }])
    answers.set('/all', { fines: [found('188105', { plate: 'А001АА77' })] })
    failing = { status: 503, times: 1 }
    expect(await service.sweepFines(never)).toBe(1)
    expect(await service.sweepFines(never)).toBe(0)
    await hands.advance(HOUR)
    expect(await service.sweepFines(never)).toBe(1)
    expect((await taken()).map(({ key }) => key)).toEqual(['188105'])
  })
})

test('a car of the other park has papers of its own', async () => {
  const { service, papers } = house([OSAGO])
  answers.set('/osago?reg=В002ВВ77', { success: 1, policies: [{ dateEnd: '01.12.2027' }] })
  await service.checkNow(OTHER, never)
  expect((await papers.of(CAR)).items).toEqual([])
  expect((await papers.of(OTHER)).items).toHaveLength(1)
})

test.each([
  ['a name twice', { papers: [OSAGO, OSAGO] }, 'named twice'],
  ['several kinds and no word where the kind stands', { papers: [{ ...OSAGO, kinds: ['dk', 'osago'] }] }, 'paper.kind'],
  ['fines of the whole fleet without a plate', { fines: [{ ...FINES, url: 'https://x/' }] }, 'fine.plate'],
  ['a secret in the open', { papers: [{ ...OSAGO, headers: { token: { value: 'x' } } }] }, 'headers'],
])('a description is refused: %s', (_name, file, said) => {
  const put = (list: readonly object[] = []) => list.map((one) => ({ url: 'https://x/?r={plate}', ...one }))
  const { papers, fines } = file as { papers?: object[]; fines?: object[] }
  const parsed = Sources.safeParse({ papers: put(papers), fines: put(fines) })
  expect(JSON.stringify(parsed.error?.issues)).toContain(said)
})

test('the example of the documentation is a description, and names its secret only', () => {
  const page = readFileSync(new URL('../../../docs/integrate.md', import.meta.url), 'utf8')
  const example = /```yaml\n(papers:[\s\S]*?)```/.exec(page)?.[1] ?? ''
  const sources = Sources.parse(parse(example))
  expect([sources.papers.length, sources.fines.length]).toEqual([1, 1])
  expect([...sources.papers, ...sources.fines].flatMap(secretsOf)).toEqual(['rsa'])
})
