import type { EpochMs } from '#contract/instant.ts'
import { MOSCOW_MS } from '../calendar/moscow-day.ts'
import type { Sheet } from '../spreadsheet/sheet.ts'
import type { PostingKind, TransactionId } from './posting.ts'

export const STATEMENT_HEAD = ['Дата (МСК)', 'Операция', 'Примечание', 'Сумма, ₽', 'Баланс, ₽']

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

/** Pure. The statement as a sheet: what there was before, line by line, what there is after. */
export const statementSheet = (statement: Statement): Sheet => ({
  name: 'Выписка',
  caption: statement.title,
  titles: STATEMENT_HEAD,
  widths: [18, 26, 48, 16, 16],
  rows: [
    [moscowTime(statement.from), 'Входящий остаток', '', null, { kopecks: statement.openingKopecks }],
    ...statement.lines.map(({ at, kind, note, kopecks, balanceKopecks }) => [
      moscowTime(at),
      KIND_WORDS[kind],
      note,
      { kopecks },
      { kopecks: balanceKopecks },
    ]),
    [moscowTime(statement.to), 'Исходящий остаток', '', null, { kopecks: statement.closingKopecks }],
  ],
})
