import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { z } from 'zod'
import { createRandom } from './random.ts'

/** What is wrong with the server just now. */
export type YandexFault =
  | 'none'
  | 'too-many-requests'
  | 'failing'
  | 'slow'
  | 'wrong-shape'
  | 'one-bad-record'
  | 'cut-short'
  | 'short-pages'

export type FakeYandexDriver = {
  readonly id: string
  balanceTenThousandths: number
  status: string
  /** Below it no new orders, where `blocksOrders`. */
  balanceLimit: string
  blocksOrders: boolean
}

export type FakeYandexFleet = {
  readonly drivers: FakeYandexDriver[]
  /** Every request to the list, newest last. */
  readonly asked: { readonly offset: number; readonly limit: number }[]
  fault: YandexFault
  /** Resolves to the base URL. */
  listen(port?: number): Promise<string>
  close(): Promise<void>
}

type Settings = {
  readonly parkId: string
  readonly clientId: string
  readonly apiKey: string
  readonly drivers?: number
  /** Largest page that is given, whatever is asked for. */
  readonly mostPerPage?: number
  readonly slowMs?: number
}

const ListBody = z.object({
  query: z.object({ park: z.object({ id: z.string() }) }),
  limit: z.int().min(1).max(1000),
  offset: z.int().min(0),
})
const Profile = z.looseObject({
  account: z.looseObject({
    balance_limit: z.string(),
    block_orders_on_balance_below_limit: z.boolean(),
    payment_service_id: z.string(),
    work_rule_id: z.string(),
  }),
  person: z.looseObject({}),
  profile: z.looseObject({}),
  order_provider: z.looseObject({}),
})
const TopUp = z.object({ driver_id: z.string(), amount: z.string().regex(/^-?\d+(\.\d{1,4})?$/) })
const STATUSES = ['free', 'in_order', 'busy', 'offline'] as const

const amount = (tenThousandths: number): string => {
  const whole = Math.trunc(Math.abs(tenThousandths) / 10_000)
  const part = String(Math.abs(tenThousandths) % 10_000).padStart(4, '0')
  return `${tenThousandths < 0 ? '-' : ''}${whole}.${part}`
}

/**
 * Answers as Yandex Fleet does to a page of driver profiles, with its headers, amounts, errors and rate limit, for drivers
 * made of fixed random numbers. `POST /_fake/topup {driver_id, amount}` and `POST /_fake/fault {fault}` are its switches.
 */
export function createFakeYandexFleet(settings: Settings): FakeYandexFleet {
  const random = createRandom(20_261_122)
  const drivers = Array.from({ length: settings.drivers ?? 1500 }, (_, index) => ({
    id: `${index.toString(16).padStart(8, '0')}${'c0ffee'.repeat(4)}`,
    balanceTenThousandths: Math.floor(random() * 200_000_000) - 20_000_000,
    status: STATUSES[Math.floor(random() * STATUSES.length)] ?? 'offline',
    balanceLimit: '0.0000',
    blocksOrders: false,
  }))
  const asked: { offset: number; limit: number }[] = []
  const fake = { fault: 'none' as YandexFault }

  function list(body: unknown): { readonly status: number; readonly answer: unknown; readonly retryAfterS?: number } {
    const parsed = ListBody.safeParse(body)
    if (!parsed.success) return { status: 400, answer: { code: 'bad_request', message: 'Некорректный запрос' } }
    const { offset, limit, query } = parsed.data
    asked.push({ offset, limit })
    if (query.park.id !== settings.parkId) return { status: 403, answer: { code: 'forbidden', message: 'Нет доступа' } }
    if (fake.fault === 'too-many-requests')
      return { status: 429, answer: { code: 'rate_limit', message: 'Слишком много запросов' }, retryAfterS: 7 }
    if (fake.fault === 'failing') return { status: 500, answer: { code: 'internal', message: 'Внутренняя ошибка' } }
    if (fake.fault === 'wrong-shape') return { status: 200, answer: { profiles: [] } }
    const most = fake.fault === 'short-pages' ? Math.ceil(limit / 3) : limit
    const page = drivers.slice(offset, offset + Math.min(most, settings.mostPerPage ?? limit))
    const cut = fake.fault === 'cut-short' && offset > 0
    return {
      status: 200,
      answer: {
        driver_profiles: cut ? [] : page.map(profile),
        parks: [{ id: settings.parkId }],
        total: drivers.length,
      },
    }
  }
  function profile({ id, balanceTenThousandths, status }: FakeYandexDriver, index: number): object {
    const broken = fake.fault === 'one-bad-record' && index === 1
    return {
      accounts: [{ balance: broken ? 'много' : amount(balanceTenThousandths), currency: 'RUB', id, type: 'current' }],
      current_status: { status, status_updated_at: '2026-11-22T08:00:00+0000' },
      driver_profile: { id },
    }
  }
  function profileOf(method: string | undefined, id: string | null, body: unknown) {
    if (fake.fault === 'too-many-requests') return { status: 429, answer: { code: 'rate_limit' } }
    if (fake.fault === 'failing') return { status: 500, answer: { code: 'internal' } }
    const driver = drivers.find((one) => one.id === id)
    if (driver === undefined) return { status: 404, answer: { code: 'not_found', message: 'Нет такого водителя' } }
    if (method === 'PUT') {
      const written = Profile.safeParse(body)
      // A profile is written whole, or not at all.
      if (!written.success) return { status: 400, answer: { code: 'bad_request', message: 'Профиль неполный' } }
      driver.balanceLimit = written.data.account.balance_limit
      driver.blocksOrders = written.data.account.block_orders_on_balance_below_limit
      return { status: 200, answer: {} }
    }
    return {
      status: 200,
      answer: {
        account: {
          balance_limit: driver.balanceLimit,
          block_orders_on_balance_below_limit: driver.blocksOrders,
          payment_service_id: '12345',
          work_rule_id: 'rule-1',
        },
        person: { full_name: { first_name: 'Иван', last_name: 'Иванов' } },
        profile: { hire_date: '2026-01-01' },
        order_provider: { platform: true, partner: true },
      },
    }
  }
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy())
  })
  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(Buffer.from(chunk))
    const send = (status: number, answer: unknown, retryAfterS?: number) =>
      response
        .writeHead(status, {
          'content-type': 'application/json',
          ...(retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) }),
        })
        .end(JSON.stringify(answer))
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString() || 'null')
    if (request.url === '/_fake/topup') {
      const { driver_id, amount: added } = TopUp.parse(body)
      const driver = drivers.find(({ id }) => id === driver_id)
      if (driver === undefined) return void send(404, { code: 'not_found', message: 'Нет такого водителя' })
      driver.balanceTenThousandths += Math.round(Number(added) * 10_000)
      return void send(200, {})
    }
    if (request.url === '/_fake/fault') {
      fake.fault = z.object({ fault: z.enum(FAULTS) }).parse(body).fault
      return void send(200, {})
    }
    if (request.headers['x-client-id'] !== settings.clientId || request.headers['x-api-key'] !== settings.apiKey)
      return void send(401, { code: 'unauthorized', message: 'Ключ не подходит' })
    const url = new URL(request.url ?? '/', 'http://fake')
    if (url.pathname === '/v2/parks/contractors/driver-profile') {
      const { status, answer } = profileOf(request.method, url.searchParams.get('contractor_profile_id'), body)
      send(status, answer)
      return
    }
    if (request.method !== 'POST' || request.url !== '/v1/parks/driver-profiles/list')
      return void send(404, { code: 'not_found', message: 'Нет такого адреса' })
    const { status, answer, retryAfterS } = list(body)
    if (fake.fault === 'slow') await new Promise((done) => setTimeout(done, settings.slowMs ?? 20_000).unref())
    send(status, answer, retryAfterS)
  }
  return Object.assign(fake, {
    drivers,
    asked,
    listen: (port = 0) =>
      new Promise<string>((done, fail) => {
        server.once('error', fail)
        server.listen(port, '127.0.0.1', () => {
          const address = server.address()
          done(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : port}`)
        })
      }),
    close: () =>
      new Promise<void>((done) => {
        server.closeAllConnections()
        server.close(() => done())
      }),
  })
}

const FAULTS = [
  'none',
  'too-many-requests',
  'failing',
  'slow',
  'wrong-shape',
  'one-bad-record',
  'cut-short',
  'short-pages',
] as const
