import { z } from 'zod'
import { MOSCOW_MS } from '../calendar/moscow-day.ts'
import type { Fact, Facts } from '../expressions/fact-type.ts'

const TemplateFile = z.record(
  z.string().regex(/^[a-z][a-z0-9_]*$/),
  z.strictObject({
    title: z.string().min(1),
    text: z.string().min(1).max(2000),
    /** day: waits for the end of the quiet hours. */
    when: z.enum(['any', 'day']).default('any'),
    /** needed: sent by the next way when nobody knows that it has arrived. */
    proof: z.enum(['needed', 'spared']).default('spared'),
    /** Masks whose values nobody may read afterwards. */
    secret: z.array(z.string()).default([]),
  }),
)
export type Template = z.infer<typeof TemplateFile>[string]
export type Templates = Readonly<Record<string, Template>>

/** Pure. Throws when the shipped texts are not right. */
export const parseTemplates = (file: unknown): Templates => TemplateFile.parse(file)

const MASK = /\{\{\s*([\w.]+)\s*\}\}/g
const NBSP = '\u00a0'

/** Pure. Sentences with their masks filled in; one that lacks a value is left out. Undefined when nothing is left. */
export function filled(text: string, facts: Facts): string | undefined {
  const sentences = text.split(/(?<=[.!?])\s+(?=\p{Lu}|\{\{)/u)
  const said = sentences.flatMap((sentence) => {
    const gaps: string[] = []
    const full = sentence.replaceAll(MASK, (_, path: string) => {
      const value = printed(path, factAt(facts, path))
      if (value === undefined) gaps.push(path)
      return value ?? ''
    })
    return gaps.length > 0 ? [] : [full]
  })
  return said.length === 0 ? undefined : said.join(' ')
}

function factAt(facts: Facts, path: string): Fact {
  let at: Fact = facts
  for (const part of path.split('.')) {
    if (typeof at !== 'object' || at === null || Array.isArray(at)) return undefined
    at = Object.entries(at).find(([name]) => name === part)?.[1]
  }
  return at
}

const MONEY = /([kK]opecks|^policy\.\w*Balance|^policy\.promiseMax)$/

function printed(path: string, value: Fact): string | undefined {
  if (typeof value === 'bigint') return printed(path, Number(value))
  if (typeof value === 'string') return value === '' ? undefined : /(Until|On)$/.test(path) ? dayText(value) : value
  if (typeof value !== 'number') return undefined
  if (MONEY.test(path)) return moneyText(value)
  if (/(Until|On)$/.test(path)) return dayText(new Date(value + MOSCOW_MS).toISOString())
  if (/At$/.test(path)) return timeText(value)
  if (/Km$/.test(path)) return `${grouped(value)}${NBSP}км`
  return String(value)
}

const grouped = (value: number): string =>
  Math.trunc(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, NBSP)

/** Pure. «4 999,50 ₽»; kopecks only where there are any. */
export function moneyText(kopecks: number): string {
  const whole = Math.abs(kopecks)
  const rest = whole % 100
  const sign = kopecks < 0 ? '−' : ''
  return `${sign}${grouped(Math.floor(whole / 100))}${rest === 0 ? '' : `,${String(rest).padStart(2, '0')}`}${NBSP}₽`
}

const MONTHS = 'января февраля марта апреля мая июня июля августа сентября октября ноября декабря'.split(' ')

/** «23 ноября 2026»; anything else is given back as it is. */
function dayText(day: string): string {
  const [, year, month, date] = /^(\d{4})-(\d\d)-(\d\d)/.exec(day) ?? []
  return year === undefined ? day : `${Number(date)}${NBSP}${MONTHS[Number(month) - 1] ?? ''} ${year}`
}

/** Pure. «24 ноября, 14:05 (МСК)». */
export function timeText(at: number): string {
  const moscow = new Date(at + 3 * 3_600_000).toISOString()
  return `${dayText(moscow).slice(0, -5)}, ${moscow.slice(11, 16)}${NBSP}(МСК)`
}
