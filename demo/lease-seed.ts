import { z } from 'zod'
import type { VehicleId } from '#contract/ids.ts'

/** REST as somebody who has signed in. */
export type Session = {
  send<Answer>(method: string, path: string, answer: z.ZodType<Answer>, body?: object): Promise<Answer>
}

type SeedDriver = {
  readonly name: readonly [string, string, string]
  readonly phone: string
  readonly kopecks: number
  /** Number of his profile at the fake of Yandex Fleet, where the demo has one: his balance is kept there. */
  readonly profile?: number
}
type LeaseSeed = {
  readonly plan: 'rent' | 'lease' | 'buyout'
  readonly rubles: number
  readonly drivers: readonly SeedDriver[]
}

const man = (
  family: string,
  given: string,
  patronymic: string,
  phone: string,
  rubles: number,
  profile?: number,
): SeedDriver => ({
  name: [family, given, patronymic],
  phone,
  kopecks: rubles * 100,
  ...(profile === undefined ? {} : { profile }),
})

/** Who leases which car of the demo: most are well off, three are near the threshold of 5 000 ₽, one shares his car. */
const LEASES: Readonly<Record<string, LeaseSeed>> = {
  munich: { plan: 'rent', rubles: 2600, drivers: [man('Абрамов', 'Сергей', 'Павлович', '+79160000101', 31_000)] },
  limerick: { plan: 'lease', rubles: 3400, drivers: [man('Белова', 'Ирина', 'Олеговна', '+79160000102', 42_000)] },
  receiver: { plan: 'rent', rubles: 2200, drivers: [man('Воронин', 'Тимур', 'Рашидович', '+79160000103', 18_500)] },
  outbound: { plan: 'buyout', rubles: 3900, drivers: [man('Громов', 'Антон', 'Ильич', '+79160000104', 27_000)] },
  'taxi-1': { plan: 'rent', rubles: 2300, drivers: [man('Дорохов', 'Илья', 'Андреевич', '+79160000106', 15_900, 0)] },
  'taxi-2': { plan: 'rent', rubles: 2800, drivers: [man('Ефимов', 'Руслан', 'Маратович', '+79160000107', 5120)] },
  'taxi-3': { plan: 'lease', rubles: 2500, drivers: [man('Жуков', 'Павел', 'Юрьевич', '+79160000108', 22_400)] },
  'taxi-4': { plan: 'rent', rubles: 2900, drivers: [man('Зайцев', 'Олег', 'Викторович', '+79160000109', 5600, 1)] },
  'taxi-5': { plan: 'buyout', rubles: 4100, drivers: [man('Исаев', 'Магомед', 'Алиевич', '+79160000110', 4980)] },
  'taxi-6': { plan: 'rent', rubles: 2100, drivers: [man('Котов', 'Денис', 'Романович', '+79160000111', 19_700)] },
  errands: {
    plan: 'rent',
    rubles: 2700,
    drivers: [
      man('Лапин', 'Егор', 'Сергеевич', '+79160000112', 24_000),
      man('Муратов', 'Азиз', 'Каримович', '+79160000113', 6300),
    ],
  },
}

/** Far enough for every day on which somebody tries the demo … */
const PAPERS_UNTIL = '2040-12-31'
/** … but for these, so that there is something to renew: paper and days left. */
const ENDING: Readonly<Record<string, readonly [string, number]>> = { 'taxi-1': ['osago', 6], 'taxi-6': ['dk', 24] }
const DAY_MS = 86_400_000
const Made = z.object({ id: z.string() })
const Found = z.object({ items: z.array(Made) })

/**
 * Puts a car of the demo into its drivers' hands: drivers, a running lease, their money, a shift. What is there already is
 * left as it is, so that it may be repeated after any failure. A car that is not on the list stays without a lease.
 */
export async function seedLease(owner: Session, key: string, vehicleId: VehicleId, now: number): Promise<void> {
  const seed = LEASES[key]
  if (seed === undefined) return
  const leases = await owner.send('GET', `/api/leases?vehicle=${vehicleId}&limit=1`, Found)
  if (leases.items.length > 0) return
  const ids: string[] = []
  for (const driver of seed.drivers) ids.push(await driverFor(owner, driver))
  const kopecks = seed.rubles * 100
  const { id } = await owner.send('POST', '/api/leases', Made, {
    vehicleId,
    plan: seed.plan,
    drivers: ids.map((driverId, index) => ({ driverId, main: index === 0 })),
    startsOn: '2026-09-01',
    depositKopecks: 1_000_000,
    schedule: {
      rates: [kopecks, kopecks, kopecks, kopecks, kopecks, kopecks, 0],
      payer: ids.length > 1 ? 'shift' : 'main',
    },
    buyout: seed.plan === 'buyout' ? { priceKopecks: 240_000_000, dailyShareKopecks: Math.round(kopecks / 2) } : null,
    marketValueKopecks: 180_000_000,
    note: 'Демонстрация',
  })
  // Without its three papers no car is handed out.
  const [ending, daysLeft = 0] = ENDING[key] ?? []
  for (const kind of ['dk', 'osago', 'osgop'])
    await owner.send('POST', `/api/vehicles/${vehicleId}/papers`, z.unknown(), {
      kind,
      number: `${kind.toUpperCase()} 0001`,
      validUntil: kind === ending ? new Date(now + daysLeft * DAY_MS).toISOString().slice(0, 10) : PAPERS_UNTIL,
      note: 'Демонстрация',
    })
  await owner.send('POST', `/api/leases/${id}/activate`, Made, { note: 'Автомобиль передан' })
  const [first] = ids
  if (ids.length > 1) await owner.send('POST', '/api/shifts', Made, { vehicleId, driverId: first })
  for (const [index, driver] of seed.drivers.entries())
    await owner.send('POST', '/api/ledger/top-ups', z.unknown(), {
      driverId: ids[index],
      // Besides what the first day costs, so that the balance is the one on the list.
      kopecks: driver.kopecks + (index === 0 ? kopecks : 0),
      via: 'bank',
      key: `demo ${driver.phone}`,
      note: 'Демонстрация',
    })
}

/** The fake's own way of naming its drivers. */
const profileId = (profile: number): string => `${profile.toString(16).padStart(8, '0')}${'c0ffee'.repeat(4)}`
const YANDEX = 'yandex-fleet:demo'
const Sources = z.object({ items: z.array(z.object({ source: z.string() })) })

async function driverFor(owner: Session, { name, phone, profile }: SeedDriver): Promise<string> {
  const [known] = (await owner.send('GET', `/api/drivers?phone=${encodeURIComponent(phone)}`, Found)).items
  if (known !== undefined) return known.id
  const [familyName, givenName, patronymic] = name
  const sources = profile === undefined ? [] : (await owner.send('GET', '/api/balances/sources', Sources)).items
  const isThere = sources.some(({ source }) => source === YANDEX)
  const made = await owner.send('POST', '/api/drivers', Made, {
    familyName,
    givenName,
    patronymic,
    legalForm: 'self-employed',
    state: 'active',
    phones: [{ phone, main: true }],
    ...(profile === undefined || !isThere ? {} : { ref: { source: YANDEX, externalId: profileId(profile) } }),
    channels: [
      { channel: 'max', address: phone, consent: 'given' },
      { channel: 'sms', address: phone, consent: 'given' },
    ],
  })
  return made.id
}
