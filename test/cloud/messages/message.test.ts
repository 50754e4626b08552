import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Phone } from '../../../cloud/drivers/phone.ts'
import { segments } from '../../../cloud/messages/channel.ts'
import { afterAsking, afterQuiet, afterTry, type Journey, waysTo } from '../../../cloud/messages/message.ts'
import { filled, moneyText, parseTemplates, timeText } from '../../../cloud/messages/template.ts'
import { epochMs } from '../../../contract/instant.ts'

const at = (text: string) => epochMs(Date.parse(text))

describe('words', () => {
  test.each([
    [499_950, '4 999,50 ₽'],
    [-1_240_000, '−12 400 ₽'],
    [5, '0,05 ₽'],
    [0, '0 ₽'],
  ])('%i kopecks are written %s', (kopecks, text) => expect(moneyText(kopecks).replaceAll('\u00a0', ' ')).toBe(text))

  test('a moment is written in Moscow time', () =>
    expect(timeText(at('2026-11-24T11:05:00Z')).replaceAll('\u00a0', ' ')).toBe('24 ноября, 14:05 (МСК)'))

  test('a sentence that lacks a value is left out, the others stand', () => {
    const text = 'Баланс {{balance.kopecks}}. Пополнить: {{links.pay}}. Вопросы: {{support.phone}}'
    const said = filled(text, {
      balance: { kopecks: 612_000 },
      links: { pay: undefined },
      support: { phone: '+7 495' },
    })
    expect(said?.replaceAll('\u00a0', ' ')).toBe('Баланс 6 120 ₽. Вопросы: +7 495')
  })

  test('nothing is said when every sentence lacks a value', () => expect(filled('{{a.b}}.', {})).toBeUndefined())

  test('no mask ever leaves the house', () => {
    const words = fc.constantFrom('Баланс ', '{{a.b}}', '{{c.d}}', '. ', ' Ещё', '{{ a.b }}')
    fc.assert(
      fc.property(fc.array(words), fc.option(fc.string(), { nil: undefined }), (parts, b) => {
        const said = filled(parts.join(''), { a: { b: b?.replaceAll(/[{}]/g, '') } })
        expect(said ?? '').not.toMatch(/\{\{/)
      }),
      { numRuns: 200 },
    )
  })

  test('an unknown field in the file of texts is refused', () =>
    expect(() => parseTemplates({ a: { title: 'x', text: 'y', tone: 'z' } })).toThrow())

  test.each([
    ['a'.repeat(160), 1],
    ['я'.repeat(70), 1],
    ['я'.repeat(71), 2],
    ['я'.repeat(135), 3],
  ])('a text of that length is paid in so many parts', (text, parts) => expect(segments(text)).toBe(parts))
})

describe('ways', () => {
  const phone = { phone: Phone.parse('+79161234567') }
  const max = (consent: 'given' | 'refused' | 'not-asked') => ({ channel: 'max' as const, address: '77', consent })
  test.each([
    { name: 'consent to MAX', channels: [max('given')], expected: ['max', 'sms', 'call'] },
    { name: 'never asked about MAX', channels: [max('not-asked')], expected: ['sms', 'call'] },
    {
      name: 'SMS refused',
      channels: [max('given'), { channel: 'sms' as const, address: '+7', consent: 'refused' as const }],
      expected: ['max', 'call'],
    },
  ])('$name: $expected', ({ channels, expected }) =>
    expect(waysTo({ phone, channels }, ['max', 'sms', 'call']).map(({ channel }) => channel)).toEqual(expected),
  )
  test('without a number and a consent there is no way', () =>
    expect(waysTo({ phone: undefined, channels: [] }, ['max', 'sms', 'call'])).toEqual([]))
})

test.each([
  ['2026-11-24T20:59:00Z', '2026-11-24T20:59:00Z', 0, 6],
  ['2026-11-24T21:30:00Z', '2026-11-25T03:00:00Z', 0, 6],
  ['2026-11-25T03:00:00Z', '2026-11-25T03:00:00Z', 0, 6],
  ['2026-11-24T20:10:00Z', '2026-11-25T05:00:00Z', 22, 8],
  ['2026-11-25T04:59:59Z', '2026-11-25T05:00:00Z', 22, 8],
])('at %s a message that can wait goes out at %s (quiet %i to %i)', (now, goes, from, to) =>
  expect(afterQuiet(at(now), { from, to })).toBe(at(goes)),
)

describe('a message on its way', () => {
  const now = at('2026-11-24T10:00:00Z')
  const journey: Journey = {
    state: 'queued',
    ways: [
      { channel: 'max', address: '77' },
      { channel: 'sms', address: '+79161234567' },
    ],
    attempts: 0,
    proof: true,
    trouble: '',
    dueAt: now,
    sentAt: null,
    deliveredAt: null,
  }
  test('a refused way is followed by the next at once', () => {
    const next = afterTry(journey, { outcome: 'refused', why: 'no' }, now)
    expect(next).toMatchObject({ state: 'queued', dueAt: now, ways: [{ channel: 'sms' }] })
  })
  test('the last refusal is a failure, and nothing more is done', () => {
    const once = afterTry(journey, { outcome: 'refused', why: 'no' }, now)
    expect(afterTry(once, { outcome: 'refused', why: 'never' }, now)).toMatchObject({ state: 'failed', dueAt: null })
  })
  test('Retry-After is obeyed', () =>
    expect(afterTry(journey, { outcome: 'later', why: '', after: 30_000 }, now).dueAt).toBe(now + 30_000))
  test('what must arrive goes by SMS when MAX has not proved it within ten minutes; what need not stays sent', () => {
    const sent = afterTry(journey, { outcome: 'sent', providerId: '1' }, now)
    const later = epochMs(now + 10 * 60_000)
    expect(afterAsking(sent, 'unknown', later)).toMatchObject({ state: 'queued', ways: [{ channel: 'sms' }] })
    expect(afterAsking({ ...sent, proof: false }, 'unknown', later)).toMatchObject({ state: 'sent' })
  })
  test('sent never turns into delivered by itself', () =>
    fc.assert(
      fc.property(fc.array(fc.constantFrom('sent', 'failed', 'unknown'), { maxLength: 40 }), (told) => {
        let one = afterTry(journey, { outcome: 'sent', providerId: '1' }, now)
        told.forEach((word, index) => {
          if (one.state === 'sent') one = afterAsking(one, word, epochMs(now + index * 60_000))
        })
        expect(one.deliveredAt).toBeNull()
      }),
      { numRuns: 100 },
    ))
})
