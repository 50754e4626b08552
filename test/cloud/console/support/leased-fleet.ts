import type { RestClient } from '../../../support/rest-client.ts'

const DAY_MS = 86_400_000

/** A Moscow day so many days from today. */
export const dayFromNow = (days: number): string =>
  new Date(Date.now() + 3 * 3_600_000 + days * DAY_MS).toISOString().slice(0, 10)

/** Posts and answers the body; throws with the refusal otherwise. */
async function made(client: RestClient, path: string, body: unknown, method: 'POST' | 'PUT' = 'POST') {
  const { status, body: answer } = await client.send(method, path, body)
  if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(answer)}`)
  return answer
}

const RATES = [250_000, 250_000, 250_000, 250_000, 250_000, 200_000, 200_000]

/** Two cars, two drivers, a running lease with money on it, a draft, a station, inspections and papers; through REST only. */
export async function leaseFleet(owner: RestClient) {
  const car = async (plate: string, model: string): Promise<string> =>
    (await made(owner, '/api/vehicles', { plate, model })).id
  const [first, second] = [await car('А123ВС777', 'Kia Rio'), await car('В204ЕК799', 'Hyundai Solaris')]
  const person = async (familyName: string, givenName: string, patronymic: string, phone: string): Promise<string> =>
    (
      await made(owner, '/api/drivers', {
        familyName,
        givenName,
        patronymic,
        legalForm: 'self-employed',
        state: 'active',
        phones: [{ phone, main: true }],
        channels: [{ channel: 'max', address: phone, consent: 'given' }],
      })
    ).id
  const ivanov = await person('Иванов', 'Иван', 'Иванович', '+79161234567')
  const petrov = await person('Петров', 'Пётр', 'Алексеевич', '+79161234568')
  const lease = async (vehicleId: string, drivers: readonly string[]): Promise<string> =>
    (
      await made(owner, '/api/leases', {
        vehicleId,
        plan: 'rent',
        drivers: drivers.map((driverId, index) => ({ driverId, main: index === 0 })),
        startsOn: dayFromNow(0),
        depositKopecks: 1_000_000,
        schedule: { rates: RATES },
        marketValueKopecks: 120_000_000,
      })
    ).id
  const station = (
    await made(owner, '/api/inspection-stations', {
      name: 'Каширка',
      address: 'Каширское шоссе, 61',
      boxes: 2,
      opens: '09:00',
      closes: '21:00',
      slotMinutes: 60,
      weekdays: [0, 1, 2, 3, 4, 5, 6],
    })
  ).id
  for (const [kind, days] of [
    ['dk', 200],
    ['osago', 150],
    ['osgop', 12],
  ] as const)
    await made(owner, `/api/vehicles/${first}/papers`, { kind, number: `${kind}-001`, validUntil: dayFromNow(days) })
  const plan = { stepKm: 10_000, stepDays: 90, dueKm: null, version: 0 }
  await made(owner, `/api/vehicles/${first}/inspection`, { ...plan, dueOn: dayFromNow(-2) }, 'PUT')
  await made(owner, `/api/vehicles/${second}/inspection`, { ...plan, dueOn: dayFromNow(40) }, 'PUT')
  const running = await lease(first, [ivanov, petrov])
  await made(owner, `/api/leases/${running}/activate`, { note: 'Выдан с полным баком' })
  const draft = await lease(second, [petrov])
  await made(owner, '/api/ledger/top-ups', { driverId: ivanov, kopecks: 750_050, via: 'bank', key: 'pay-1' })
  await made(owner, '/api/ledger/fines', {
    driverId: ivanov,
    kopecks: 50_000,
    vehicleId: first,
    note: 'Превышение скорости, ул. Лётчика Бабушкина',
  })
  await made(owner, '/api/ledger/promises', {
    driverId: petrov,
    kopecks: 300_000,
    until: new Date(Date.now() + DAY_MS).toISOString(),
    note: 'После смены',
  })
  return { first, second, ivanov, petrov, running, draft, station }
}
