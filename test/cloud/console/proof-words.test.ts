import { describe, expect, test } from 'vitest'
import type { TimelineItem } from '../../../cloud/console/api/timeline.ts'
import { minuteWords, proofWords } from '../../../cloud/console/vehicles/order-words.ts'
import { timelineNote, timelineTitle } from '../../../cloud/console/vehicles/timeline-words.ts'
import { wordsOf } from './support/words.ts'

const plain = (text: string | null): string | null => text?.replace(/\u00a0/g, ' ') ?? null

describe.each(['ru', 'en'] as const)('what an order step says of its proof, %s', (language) => {
  const t = wordsOf(language)

  test.each([
    { word: 'verified', ru: 'Подпись шлюза: проверена', en: 'Signature of the gateway: verified' },
    { word: 'unsigned', ru: 'Подпись шлюза: отсутствует', en: 'Signature of the gateway: none' },
    { word: 'foreign', ru: /не по сертификату этого шлюза$/, en: /not by the certificate of this gateway$/ },
    { word: 'false', ru: /не подходит к сообщению$/, en: /does not fit the report$/ },
  ] as const)('$word', ({ word, ...words }) => {
    const said = proofWords({ proof: { word, jws: null } }, t) ?? ''
    const expected = words[language]
    if (typeof expected === 'string') expect(said).toBe(expected)
    else expect(said).toMatch(expected)
  })

  test('a step without a signature of its own says nothing', () => {
    expect(proofWords({ proof: null }, t)).toBeNull()
    expect(proofWords({}, t)).toBeNull()
    expect(minuteWords({ lastMinute: [] }, t, language)).toBeNull()
  })

  test('the last minute in one phrase', () => {
    const lastMinute = [
      { ageMs: 60_000, speedKmh: 0, fromFirstM: 0 },
      { ageMs: 200, speedKmh: 1.4, fromFirstM: 3.7 },
    ]
    expect(plain(minuteWords({ lastMinute }, t, language))).toBe(
      language === 'ru'
        ? 'За 1 мин до этого: не более 1,4 км/ч, 4 м от первого положения'
        : 'In the 1 min before: at most 1.4 km/h, 4 m from the first position',
    )
  })

  const raised = (name: string, data: object = {}): TimelineItem => ({
    at: '2026-11-21T00:00:00Z',
    key: 'k',
    kind: 'event',
    title: name,
    data: { name, data },
  })
  test.each(['drift', 'stuck-relay', 'bypass-suspected', 'tow-suspected', 'power-cut', 'bus-tamper', 'start-attempt'])(
    '%s has words in the history, and as an alert where it is one',
    (name) => {
      const title = timelineTitle(raised(name), t)
      expect(title).not.toContain(name)
      expect(title).not.toBe(timelineTitle(raised('something-unknown'), t))
      if (name !== 'drift' && name !== 'start-attempt')
        expect(t(`alert.${name}`, { plate: 'А001' })).toMatch(/^А001: .{8}/)
    },
  )

  test('a start attempt tells its outcome', () => {
    const note = timelineNote(raised('start-attempt', { outcome: 'not-running' }), t)
    expect(note).toBe(language === 'ru' ? 'двигатель не работает' : 'the engine does not run')
  })
})
