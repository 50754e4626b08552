import { EpochMs } from '#contract/instant.ts'
import { dayOf } from '../../calendar/moscow-day.ts'
import { escaped } from '../../markup.ts'
import { shell } from '../inbox/apply-page.ts'
import type { Statement } from './statement.ts'

const roubles = new Intl.NumberFormat('ru-RU', { style: 'currency', currency: 'RUB' })
const money = (kopecks: number): string => roubles.format(kopecks / 100)

function dayWord(day: number | null): string {
  const at = EpochMs.safeParse(day)
  if (!at.success) return '—'
  return dayOf(at.data).split('-').reverse().join('.')
}

/** Pure. An agent's own statement as HTML: counts, days and money, no word about whom he brought. */
export function statementPage(
  name: string,
  { toPay, paidOut }: { readonly toPay: number; readonly paidOut: number },
  statement: Statement,
): string {
  const rows = statement.credits
    .map(({ day, kopecks }) => `<tr><td>${dayWord(day)}</td><td>${money(kopecks)}</td></tr>`)
    .join('\n')
  const table =
    statement.credits.length === 0
      ? '<p class="hint">Начислений пока нет.</p>'
      : `<table><caption>Начисления</caption><thead><tr><th scope="col">День</th><th scope="col">Сумма</th></tr></thead>
<tbody>
${rows}
</tbody></table>`
  const body = `<h1>${escaped(name)}</h1>
<dl><dt>Приведено водителей</dt><dd>${statement.brought}</dd>
<dt>Начислено</dt><dd>${money(statement.creditedKopecks)}</dd>
<dt>Выплачено</dt><dd>${money(paidOut)}</dd>
<dt>К выплате</dt><dd>${money(toPay)}</dd></dl>
${table}`
  return shell('ru', 'Ведомость агента', body)
}

/** What stands at an address that was closed, or never was one. */
export const statementGone: string = shell(
  'ru',
  'Ссылка не действует',
  '<h1>Ссылка не действует</h1><p>Её заменили новой, или адрес неполный. Попросите свежую у того, кто её прислал.</p>',
)
