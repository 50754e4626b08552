import { performance } from 'node:perf_hooks'
import { createFakeExchange } from '../../demo/exchange-client.ts'
import { type CloudApp, startCloudApp } from '../support/cloud-app.ts'
import { systemClock } from '../support/system-clock.ts'

/**
 * from the exchange's «he is calling» to our answer, with a driver on the line among `CARDS` leases; A-05: a day of the
 * call centre, nine people at their workplace and a hundred applications. `node test/bench/telephony.ts [cards]`
 */
const CARDS = Number(process.argv[2] ?? 300)
const PEOPLE = 9
const APPLICATIONS = 100

const median = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
const worst = (times: readonly number[]): number => Math.max(...times)
const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const from = performance.now()
  await work()
  return performance.now() - from
}
const app: CloudApp = await startCloudApp()
const cookie = await app.as('owner')
const call = async (method: 'GET' | 'POST', url: string, payload?: object) => {
  const headers = { cookie, 'sec-fetch-site': 'same-origin' }
  const answer = await app.cloud.http.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
  if (answer.statusCode >= 400) throw new Error(`${url}: ${answer.statusCode} ${answer.body}`)
  return answer.body === '' ? null : answer.json()
}
const hookOf = async (adapter: string): Promise<string> =>
  `${app.started.url}${(await call('POST', '/api/hooks', { adapter, title: adapter })).path}`

const exchange = createFakeExchange('bench-secret-of-nobody', () => systemClock.now())
const phoneOf = (n: number): string => `+7916${String(n).padStart(7, '0')}`
for (let n = 0; n < CARDS; n += 1)
  await call('POST', '/api/cards', { pipeline: 'lease', stage: 'on_line', fields: { phone: phoneOf(n) } })
const driver = await call('POST', '/api/drivers', {
  familyName: 'Петров',
  givenName: 'Пётр',
  legalForm: 'person',
  phones: [{ phone: '+79991234567' }],
})
await call('POST', '/api/cards', { pipeline: 'lease', stage: 'on_line', fields: { driver: driver.id } })

const telephony = await hookOf('telephony')
const rings: number[] = []
for (let n = 0; n < 40; n += 1)
  rings.push(
    await timed(() =>
      exchange.say({ url: telephony }, { id: `r${n}`, event: 'ringing', from: '+79991234567', line: '+74950000003' }),
    ),
  )
const warm = rings.slice(10)
console.log(
  `A-23 ringing → decided and answered, ${CARDS} leases: median ${median(warm).toFixed(0)} ms, worst ${worst(warm).toFixed(0)} ms (≤ 200)`,
)

const form = await hookOf('form')
const sent: number[] = []
for (let n = 0; n < APPLICATIONS; n += 1) {
  const body = {
    id: `a${n}`,
    phone: `+7926${String(n).padStart(7, '0')}`,
    name: `Водитель ${n}`,
    source: 'Авито',
    form: 'driver',
    city: 'Москва',
  }
  sent.push(await timed(() => exchange.say({ url: form }, body)))
}
const until = performance.now() + 60_000
let cards = 0
while (cards < APPLICATIONS && performance.now() < until) {
  cards = (await call('GET', '/api/cards?pipeline=call_centre&stage=new&limit=500')).items.filter(
    ({ openTasks }: { openTasks: number }) => openTasks > 0,
  ).length
}
const next: number[] = []
const done: number[] = []
const seat = async (_: unknown, place: number): Promise<void> => {
  for (;;) {
    let task: { readonly id: string } | null = null
    next.push(
      await timed(async () => {
        const { items } = await call('GET', '/api/tasks?whose=all&limit=20')
        task = items[place % Math.max(1, items.length)] ?? null
      }),
    )
    if (task === null || done.length >= APPLICATIONS) return
    const { id } = task
    const body = { outcome: 'not_target', set: { lossReason: 'Передумал' } }
    done.push(await timed(() => call('POST', `/api/tasks/${id}/outcomes`, body).catch(() => undefined)))
  }
}
const day = await timed(() => Promise.all(Array.from({ length: PEOPLE }, seat)))
console.log(
  `A-05 ${APPLICATIONS} applications: taken in, median ${median(sent).toFixed(0)} ms; ${cards} cards with a task; ` +
    `${PEOPLE} people: next task median ${median(next).toFixed(0)} ms, outcome median ${median(done).toFixed(0)} ms, all in ${(day / 1000).toFixed(1)} s`,
)
await app.stop()
