import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { browserWords } from '../../../cloud/console/account/browser-words.ts'
import { entryWords } from '../../../cloud/console/audit/entry-words.ts'
import { isKnownPlace, placeWords } from '../../../cloud/console/audit/place-words.ts'
import { Decision } from '../../../cloud/decisions/decision.ts'
import { wordsOf } from './support/words.ts'

const Document = z.object({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.looseObject({ parameters: z.array(z.object({ in: z.string(), name: z.string() })).default([]) }),
    ),
  ),
})
const { paths } = Document.parse(JSON.parse(readFileSync('docs/openapi.json', 'utf8')))
const now = Date.parse('2026-11-24T12:00:00Z')

test('every address of the API has words', () => {
  const segments = Object.keys(paths).flatMap((path) =>
    path
      .split('/')
      .slice(2)
      .filter((part) => !part.startsWith('{')),
  )
  expect([...new Set(segments)].filter((segment) => !isKnownPlace(segment))).toEqual([])
  expect(placeWords('/api/vehicles/:id/holds', 'ru')).toBe('машины → причины блокировки')
  expect(placeWords('/api/gateways/:id/claim-code', 'en')).toBe('gateways → claim code')
})

describe.each(['ru', 'en'] as const)('what an entry of the audit says, %s', (language) => {
  const t = wordsOf(language)
  const say = (kind: string, data: Readonly<Record<string, unknown>>, labels = {}) =>
    entryWords({ kind, data, labels }, { t, language, now }).replaceAll('\u00a0', ' ')

  test('every kind of decision has a sentence, and every filter a word', () => {
    const bare = Decision.options
      .map(({ shape }) => shape.kind.value)
      .filter((kind) => say('decision', { kind }) === kind)
    expect(bare).toEqual([])
    const filters = Object.values(paths).flatMap((operations) =>
      Object.values(operations).flatMap(({ parameters }) => parameters.filter((one) => one.in === 'query')),
    )
    const unknown = [...new Set(filters.map(({ name }) => name))].filter(
      (name) =>
        t(`audit.filters.${name}`) === `audit.filters.${name}` &&
        say('look', { method: 'GET', route: '/api/vehicles', filter: { [name]: 'слово' } }).includes('слово'),
    )
    expect(unknown).toEqual([])
  })

  const id = '5f1d0f8e-6a54-4f0c-9a53-0f6a1d2c3b4a'
  test.each<[string, Readonly<Record<string, unknown>>, Readonly<Record<string, string>>, { ru: string; en: string }]>([
    [
      'decision',
      { kind: 'hold-placed', reason: 'manual', note: 'не платит', vehicleId: id, at: 1 },
      {},
      {
        ru: 'Поставлена причина блокировки: вручную. Пояснение: не платит',
        en: 'A hold was placed: manual. Note: не платит',
      },
    ],
    [
      'decision',
      { kind: 'order-requested', action: 'block', reasons: ['balance', 'zone'], vehicleId: id },
      { [id]: 'А001АА77' },
      {
        ru: 'Запрошена команда: Блокировка, машина А001АА77. Причины: баланс, вне зоны',
        en: 'An order was requested: Block, vehicle А001АА77. Reasons: balance, outside the zone',
      },
    ],
    [
      'order',
      { state: 'waiting', reason: 'moving', relay: 'closed', evidence: { speedKmh: 40 } },
      {},
      {
        ru: 'Команда машине: Ждёт остановки. Машина в движении. Реле: запуск разрешён',
        en: 'Order to the vehicle: Waiting for a stop. Vehicle moving. Relay: start permitted',
      },
    ],
    [
      'sign-in',
      { event: 'signed-in', proven: 'by-second-factor', address: '10.0.0.1' },
      {},
      { ru: 'Вход. Со вторым фактором. Адрес: 10.0.0.1', en: 'Sign-in. With a second factor. Address: 10.0.0.1' },
    ],
    [
      'sign-in',
      { event: 'refused', login: { '#': 'abc' }, address: '10.0.0.1' },
      {},
      {
        ru: 'Вход не удался. Логин: слово стёрто по сроку хранения. Адрес: 10.0.0.1',
        en: 'Sign-in failed. Login: word erased at the end of its keeping. Address: 10.0.0.1',
      },
    ],
    [
      'look',
      {
        ...{ method: 'GET', route: '/api/vehicles/:id/track', params: { id }, by: 'token', status: 200 },
        ...{ looksAt: 'location', filter: { q: 'АА77', limit: 5 }, count: 3 },
      },
      { [id]: 'А001АА77' },
      {
        ru: 'Просмотр: машины → трек, А001АА77. Видно, где машина. Показано: 3. Отбор: поиск: АА77. Ключом программы',
        en: 'Look: vehicles → track, А001АА77. Shows where a vehicle is. Shown: 3. Filter: search: АА77. By a key of a program',
      },
    ],
    [
      'refused',
      { method: 'POST', route: '/api/vehicles/:id/holds', params: { id }, by: 'session', status: 403 },
      {},
      { ru: 'Отказано: машины → причины блокировки', en: 'Refused: vehicles → holds' },
    ],
    [
      'request',
      { method: 'PUT', route: '/api/access/second-factor', params: {}, by: 'session', status: 200 },
      {},
      { ru: 'Изменено: права → второй фактор', en: 'Changed: access → second factor' },
    ],
  ])('%s %j', (kind, data, labels, words) => {
    expect(say(kind, data, labels)).toBe(words[language])
  })

  test('what nobody here has heard of is shown as it stands', () => {
    expect(say('decision', { kind: 'from-a-newer-cloud', note: 'слово' })).toContain('from-a-newer-cloud')
    expect(say('people', {})).toBe('')
  })
})

test.each([
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
    'Chrome, Linux',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile Safari/604.1',
    'Safari, iPhone',
  ],
  ['Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0', 'Firefox, Windows'],
  ['curl/8.1', 'curl/8.1'],
])('a browser is called what people call it: %s', (program, words) => {
  expect(browserWords(program)).toBe(words)
})
