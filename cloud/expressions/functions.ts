import type { Environment } from '@marcbachmann/cel-js'
import { midnight } from '../calendar/moscow-day.ts'
import { CEL_NAME, durationOf } from './cel-value.ts'
import { normCity, regionOf } from './place.ts'

const DAY_MS = 86_400_000

/** The five functions of our own: pure, and nothing else is added to the language. */
export const registerFunctions = (environment: Environment): Environment =>
  environment
    .registerFunction(`days(int): ${CEL_NAME.duration}`, (count: bigint) => durationOf(Number(count) * DAY_MS))
    .registerFunction(`day(${CEL_NAME.time}): ${CEL_NAME.time}`, (at: Date) => new Date(midnight(at.getTime())))
    .registerFunction(`least(list<${CEL_NAME.time}>): ${CEL_NAME.time}`, (times: readonly Date[]) => {
      // The earliest of none is not known.
      if (times.length === 0) throw new Error('least() of an empty list')
      return new Date(Math.min(...times.map((at) => at.getTime())))
    })
    .registerFunction('normCity(string): string', normCity)
    .registerFunction('regionOf(string): string', regionOf)

/** Whatever else the library knows stays out: no type tricks, no patterns that can run for minutes. */
export const ALLOWED_FUNCTIONS: ReadonlySet<string> = new Set([
  ...[
    'days',
    'day',
    'least',
    'normCity',
    'regionOf',
    'has',
    'duration',
    'timestamp',
    'string',
    'int',
    'double',
    'size',
  ],
  ...['contains', 'startsWith', 'endsWith', 'trim', 'lowerAscii', 'upperAscii'],
  ...['exists', 'all', 'exists_one', 'filter', 'map'],
  ...['getHours', 'getMinutes', 'getSeconds', 'getDayOfWeek', 'getDate', 'getMonth', 'getFullYear'],
])

/** Parts of a moment need a zone to be told in; without one the language takes UTC, three hours off. */
export const NEEDS_ZONE: ReadonlySet<string> = new Set([
  'getHours',
  'getMinutes',
  'getDayOfWeek',
  'getDate',
  'getMonth',
  'getFullYear',
])
