import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPeopleApp, type PeopleApp } from '../../support/people-app.ts'

const ROUNDS = 24
const PASSWORD = 'a calm green field'
let house: PeopleApp
beforeAll(async () => {
  house = await createPeopleApp([])
  for (let n = 0; n < ROUNDS; n += 1)
    await house.people.ensureAccounts([{ login: `known${n}`, name: 'K', role: 'manager', password: PASSWORD }])
}, 120_000)
afterAll(() => house.close())

const median = (all: readonly number[]): number => all.toSorted((one, other) => one - other)[all.length >> 1] ?? 0

test('a sign-in that fails says the same, and takes as long, whether there is such a login or not', async () => {
  const spent = { known: [] as number[], unknown: [] as number[] }
  const said = new Set<string>()
  const guess = async (kind: keyof typeof spent, n: number) => {
    const payload = { login: `${kind}${n}`, password: 'not the right one' }
    const from = performance.now()
    // From an address of its own, so that no throttle speaks first.
    const remoteAddress = `10.${kind === 'known' ? 1 : 2}.0.${n + 1}`
    const { body, statusCode } = await house.app.inject({ method: 'POST', url: '/api/session', payload, remoteAddress })
    spent[kind].push(performance.now() - from)
    said.add(`${statusCode} ${body}`)
  }
  // One after another in turn: what slows the machine down slows both.
  for (let n = 0; n < ROUNDS; n += 1) {
    await guess(n % 2 === 0 ? 'known' : 'unknown', n)
    await guess(n % 2 === 0 ? 'unknown' : 'known', n)
  }
  const [known, unknown] = [median(spent.known), median(spent.unknown)]
  expect(said.size).toBe(1)
  // Without the same work for nobody's password the two would lie 30 to 1 apart; the rest is room for a busy machine.
  expect(Math.max(known, unknown) / Math.min(known, unknown)).toBeLessThan(3)
}, 60_000)
