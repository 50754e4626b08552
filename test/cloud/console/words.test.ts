import { describe, expect, test } from 'vitest'
import { problemFrom } from '../../../cloud/console/api/problem.ts'
import { tabTitle } from '../../../cloud/console/app/tab-title.ts'
import { ageWords, spanWords } from '../../../cloud/console/language/age.ts'
import {
  atWords,
  dayAfter,
  dayBounds,
  momentWords,
  moscowDay,
  sinceWords,
} from '../../../cloud/console/language/moment.ts'
import { problemWords } from '../../../cloud/console/language/problem-words.ts'
import { kmWords, speedWords } from '../../../cloud/console/language/quantity.ts'
import { wordsOf } from './support/words.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const plain = (text: string): string => text.replace(/[\u00a0\u202f]/g, ' ')

describe('ages', () => {
  test.each([
    { ms: -5 * SECOND, ru: 'только что', en: 'just now' },
    { ms: 4 * SECOND, ru: 'только что', en: 'just now' },
    { ms: 5 * SECOND, ru: '5 с назад', en: '5 s ago' },
    { ms: 59.9 * SECOND, ru: '59 с назад', en: '59 s ago' },
    { ms: MINUTE, ru: '1 мин назад', en: '1 min ago' },
    { ms: 47 * MINUTE, ru: '47 мин назад', en: '47 min ago' },
    { ms: HOUR, ru: '1 ч назад', en: '1 h ago' },
    { ms: 47 * HOUR, ru: '47 ч назад', en: '47 h ago' },
    { ms: 2 * DAY, ru: '2 дня назад', en: '2 days ago' },
    { ms: 5 * DAY, ru: '5 дней назад', en: '5 days ago' },
    { ms: 21 * DAY, ru: '21 день назад', en: '21 days ago' },
    { ms: 112 * DAY, ru: '112 дней назад', en: '112 days ago' },
  ])('$ms ms → $ru', ({ ms, ru, en }) => {
    expect(plain(ageWords(ms, 'ru'))).toBe(ru)
    expect(plain(ageWords(ms, 'en'))).toBe(en)
  })

  test('a length of time is told without «назад»', () => {
    expect(spanWords(2 * HOUR, 'ru')).toBe('2\u00a0ч')
    expect(spanWords(2 * SECOND, 'ru')).toBe('2\u00a0с')
  })
})

describe('moments are told by Moscow time', () => {
  const at = Date.parse('2026-11-24T11:05:00Z')

  test.each([
    { name: 'the same day', now: Date.parse('2026-11-24T20:00:00Z'), since: '14:05', inside: 'в 14:05' },
    {
      name: 'past Moscow midnight',
      now: Date.parse('2026-11-24T21:00:00Z'),
      since: '24 ноября, 14:05',
      inside: '24 ноября в 14:05',
    },
    {
      name: 'next year',
      now: Date.parse('2027-01-24T20:00:00Z'),
      since: '24 ноября 2026, 14:05',
      inside: '24 ноября 2026 в 14:05',
    },
  ])('$name', ({ now, since, inside }) => {
    expect(plain(sinceWords(at, now, 'ru'))).toBe(since)
    expect(plain(atWords(at, now, 'ru'))).toBe(inside)
  })

  test('in full, with the name of the zone', () => {
    expect(plain(momentWords(at, at, 'ru'))).toBe('24 ноября, 14:05 (МСК)')
    expect(plain(momentWords(at, at, 'en'))).toBe('24 November, 14:05 (MSK)')
  })

  test('a Moscow day begins three hours before the UTC one', () => {
    expect(moscowDay(Date.parse('2026-11-23T21:00:00Z'))).toBe('2026-11-24')
    expect(moscowDay(Date.parse('2026-11-23T20:59:59Z'))).toBe('2026-11-23')
    expect(dayBounds('2026-11-24')).toEqual({ from: '2026-11-23T21:00:00.000Z', to: '2026-11-24T21:00:00.000Z' })
  })

  test.each([
    { day: '2026-11-30', count: 1, expected: '2026-12-01' },
    { day: '2027-01-01', count: -1, expected: '2026-12-31' },
    { day: '2028-02-28', count: 1, expected: '2028-02-29' },
  ])('$count day from $day is $expected', ({ day, count, expected }) => {
    expect(dayAfter(day, count)).toBe(expected)
  })
})

describe('quantities', () => {
  test.each([
    { words: kmWords(128_450, 'ru'), expected: '128 450 км' },
    { words: kmWords(34.62, 'ru', 1), expected: '34,6 км' },
    { words: kmWords(34.62, 'en', 1), expected: '34.6 km' },
    { words: speedWords(42.6, 'ru'), expected: '43 км/ч' },
  ])('$expected', ({ words, expected }) => {
    expect(plain(words)).toBe(expected)
    expect(words).not.toContain(' ')
  })
})

test.each([
  { heading: 'К440МН\u00a0797', title: 'К440МН 797 · Kordon' },
  { heading: 'Kordon', title: 'Kordon' },
  { heading: '', title: 'Kordon' },
])('the tab of a page headed «$heading» says $title', ({ heading, title }) => {
  expect(tabTitle(heading)).toBe(title)
})

test.each([
  { status: 503, words: 'Сервис сейчас не может ответить. Попробуйте позже.' },
  { status: 429, words: 'Слишком много запросов. Подождите немного.' },
  { status: 403, words: 'Ваша роль этого не позволяет.' },
  { status: 418, words: 'Не получилось (http/418).' },
])('a bare $status from a proxy, without a code of ours, is told in words', ({ status, words }) => {
  expect(problemWords(problemFrom(status, '<html>', null), wordsOf('ru'), 'reading')).toBe(words)
})
