import type { EpochMs } from '#contract/instant.ts'
import { MOSCOW_MS } from '../calendar/moscow-day.ts'
import type { PostingKind, TransactionId } from './posting.ts'

export type StatementLine = {
  readonly at: EpochMs
  readonly kind: PostingKind
  readonly note: string
  readonly kopecks: number
  readonly transactionId: TransactionId
  /** After this line. */
  readonly balanceKopecks: number
}

export type Statement = {
  readonly title: string
  readonly from: EpochMs
  readonly to: EpochMs
  readonly openingKopecks: number
  readonly closingKopecks: number
  readonly inKopecks: number
  readonly outKopecks: number
  readonly lines: readonly StatementLine[]
}

/** Words of the trade for a driver or an accountant. */
export const KIND_WORDS: Readonly<Record<PostingKind, string>> = {
  charge: 'Начисление за день',
  'top-up': 'Пополнение',
  fine: 'Штраф',
  deposit: 'Залог внесён',
  'deposit-return': 'Залог возвращён',
  correction: 'Исправление',
  reversal: 'Отмена проводки',
  promise: 'Обещанный платёж',
  'promise-end': 'Обещанный платёж снят',
  merge: 'Перенос с двойника',
  buyout: 'Взнос за выкуп',
}

/** Pure. Lines with the balance after each; the sums belong to the lines given. */
export function statementOf(
  head: Pick<Statement, 'title' | 'from' | 'to' | 'openingKopecks'>,
  lines: readonly Omit<StatementLine, 'balanceKopecks'>[],
): Statement {
  let balance = head.openingKopecks
  const running = lines.map((line) => {
    balance += line.kopecks
    return { ...line, balanceKopecks: balance }
  })
  const sum = (which: (kopecks: number) => boolean) =>
    lines.reduce((total, { kopecks }) => total + (which(kopecks) ? kopecks : 0), 0)
  return {
    ...head,
    lines: running,
    closingKopecks: balance,
    inKopecks: sum((kopecks) => kopecks > 0),
    outKopecks: sum((kopecks) => kopecks < 0),
  }
}

/** Pure. «−4 999,50»; a no-break space between thousands. */
export function rubles(kopecks: number): string {
  const whole = String(Math.floor(Math.abs(kopecks) / 100)).replace(/\B(?=(\d{3})+$)/g, '\u00a0')
  return `${kopecks < 0 ? '−' : ''}${whole},${String(Math.abs(kopecks) % 100).padStart(2, '0')}`
}

/** Pure. «24.11.2026 14:05», Moscow time. */
export function moscowTime(at: EpochMs): string {
  const text = new Date(at + MOSCOW_MS).toISOString()
  return `${text.slice(8, 10)}.${text.slice(5, 7)}.${text.slice(0, 4)} ${text.slice(11, 16)}`
}

const plain = (kopecks: number): string => (kopecks / 100).toFixed(2).replace('.', ',')

// A cell that begins like a formula is run by spreadsheets when a file is opened.
const quoted = (text: string): string => `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`

/** Pure. As Russian spreadsheets open it: semicolons, decimal commas, a byte order mark. */
export function statementCsv(statement: Statement): string {
  const rows = [
    ['Дата (МСК)', 'Операция', 'Примечание', 'Сумма, ₽', 'Баланс, ₽'].map(quoted),
    [quoted(moscowTime(statement.from)), quoted('Входящий остаток'), quoted(''), '', plain(statement.openingKopecks)],
    ...statement.lines.map(({ at, kind, note, kopecks, balanceKopecks }) => [
      quoted(moscowTime(at)),
      quoted(KIND_WORDS[kind]),
      quoted(note),
      plain(kopecks),
      plain(balanceKopecks),
    ]),
    [quoted(moscowTime(statement.to)), quoted('Исходящий остаток'), quoted(''), '', plain(statement.closingKopecks)],
  ]
  return `\ufeff${rows.map((row) => row.join(';')).join('\r\n')}\r\n`
}
