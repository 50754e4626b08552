/** Where in the source, counted from 1 as editors do; `offset` and `end` count characters from 0. */
export type Place = { readonly line: number; readonly column: number; readonly offset: number; readonly end: number }

/** One thing that keeps an expression from being used, said to a person. */
export type Mistake = { readonly code: string; readonly at: Place; readonly ru: string; readonly en: string }

/** Pure. */
export function placeIn(source: string, offset: number, end = offset): Place {
  const before = source.slice(0, offset).split('\n')
  return { line: before.length, column: (before.at(-1) ?? '').length + 1, offset, end: Math.max(offset, end) }
}

export const mistake = (
  source: string,
  range: { readonly start: number; readonly end: number } | undefined,
  code: string,
  ru: string,
  en: string,
): Mistake => ({ code, at: placeIn(source, range?.start ?? 0, range?.end ?? source.length), ru, en })

const WORDS: Readonly<Record<string, string>> = {
  unknown_variable: 'Такого имени нет среди данных этого места',
  no_such_key: 'У этой карточки нет такого поля',
  no_such_overload: 'Так сравнивать или складывать нельзя: у частей разные типы',
  no_matching_overload: 'Нет такой функции для этих значений',
  invalid_logical_operand: 'Между && и || должны стоять условия «да» или «нет»',
  invalid_condition_type: 'Перед «?» должно стоять условие «да» или «нет»',
  incompatible_ternary_branches: 'Обе части после «?» должны быть одного типа',
  heterogeneous_list_element: 'В списке должны быть значения одного типа',
  unexpected_token: 'Запись оборвана или здесь лишний знак',
  expected_token: 'Запись оборвана или здесь лишний знак',
  unterminated_string: 'Строка не закрыта кавычкой',
  invalid_duration: 'Такой длительности нет: бывают h, m, s, ms; сутки пишутся как days(3)',
  invalid_timestamp: 'Такого времени нет: пишите как "2026-11-24T14:05:00Z"',
  invalid_macro_argument: 'Внутри has() пишется поле карточки, например has(deal.photo)',
  division_by_zero: 'Деление на ноль',
  numeric_overflow: 'Число слишком велико',
}

/** Pure. What the library said, with the same for a Russian reader; its own words follow when there are none of ours. */
export function mistakeOf(source: string, error: unknown): Mistake {
  const told = typeof error === 'object' && error !== null ? error : {}
  const code = 'code' in told && typeof told.code === 'string' ? told.code : 'invalid'
  const en = 'summary' in told && typeof told.summary === 'string' ? told.summary : String(error)
  const range = 'range' in told && isRange(told.range) ? told.range : undefined
  const ru = Object.hasOwn(WORDS, code) ? `${WORDS[code]} (${en})` : `Выражение не принято: ${en}`
  return mistake(source, range, code, ru, en)
}

const isRange = (value: unknown): value is { readonly start: number; readonly end: number } =>
  typeof value === 'object' &&
  value !== null &&
  'start' in value &&
  typeof value.start === 'number' &&
  'end' in value &&
  typeof value.end === 'number'
