import type { UnlockAnswer } from './unlock-service.ts'

const STYLE =
  'body{font:18px system-ui,sans-serif;max-width:24em;margin:2em auto;padding:0 1em}' +
  'input,button{font-size:28px;width:100%;box-sizing:border-box;padding:.4em;margin:.4em 0;text-align:center}' +
  'p.said{border-left:6px solid;padding-left:.6em}small{color:#555}'

/** Pure. What the driver reads after typing; Russian first. */
function saidWords(answer: UnlockAnswer): readonly [russian: string, english: string] {
  switch (answer.verdict) {
    case 'accepted':
      return ['Готово, можно заводить.', 'Done, you may start.']
    case 'wrong':
      return answer.retryAfter > 0
        ? ['Код не подошёл. Следующая попытка через минуту.', 'Wrong code. Try again in a minute.']
        : ['Код не подошёл. Проверьте цифры.', 'Wrong code. Check the digits.']
    case 'locked': {
      const seconds = Math.ceil(answer.retryAfter / 1000)
      return [`Слишком много попыток. Подождите ${seconds} с.`, `Too many tries. Wait ${seconds} s.`]
    }
    case 'unreadable':
      return ['Код — это восемь цифр.', 'A code is eight digits.']
    case 'no-secret':
      return ['Этот шлюз ещё не знает кодов. Позвоните в офис.', 'This gateway has no codes yet. Call the office.']
    default:
      return answer satisfies never
  }
}

/** Pure. The whole page: one field, no script, below 4 KB. `next` is the number of the code that comes next. */
export function unlockPage(next: number, answer?: UnlockAnswer): string {
  const said = answer === undefined ? undefined : saidWords(answer)
  const words =
    said === undefined ? '' : `<p class="said" role="status"><b>${said[0]}</b><br><small>${said[1]}</small></p>`
  return `<!doctype html><html lang="ru"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Аварийный код</title><style>${STYLE}</style>
<h1>Аварийный код</h1>${words}
<form method="post" action="/"><label for="code">Восемь цифр от офиса<br><small>Eight digits from the office</small></label>
<input id="code" name="code" inputmode="numeric" autocomplete="off" maxlength="11" required autofocus>
<button>Разблокировать</button></form>
<p>Для офиса: код № ${next}<br><small>For the office: code no. ${next}</small></p></html>`
}
