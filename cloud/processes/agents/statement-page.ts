import { EpochMs } from '#contract/instant.ts'
import { dayOf } from '../../calendar/moscow-day.ts'
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
  const safe = name.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
  const rows = statement.credits
    .map(({ day, kopecks }) => `<tr><td>${dayWord(day)}</td><td>${money(kopecks)}</td></tr>`)
    .join('\n')
  return `<!doctype html>
<html lang="ru">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>Ведомость агента</title>
</head>
<body>
<main><h1>Ведомость агента</h1>
<p>${safe}</p>
<dl><dt>Приведено водителей</dt><dd>${statement.brought}</dd>
<dt>Начислено</dt><dd>${money(statement.creditedKopecks)}</dd>
<dt>Выплачено</dt><dd>${money(paidOut)}</dd>
<dt>К выплате</dt><dd>${money(toPay)}</dd></dl>
<table><caption>Начисления</caption><thead><tr><th scope="col">День</th><th scope="col">Сумма</th></tr></thead>
<tbody>
${rows}
</tbody></table>
</main>
</body>
</html>
`
}
