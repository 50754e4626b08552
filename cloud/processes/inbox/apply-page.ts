/** What somebody has written into the form; empty where he has not. */
export type Application = {
  readonly id: string
  readonly name: string
  readonly phone: string
  readonly city: string
  readonly agent: string
}
export type Language = 'ru' | 'en'
export type Wrong = 'name' | 'phone' | 'consent'

const WORDS = {
  ru: {
    title: 'Анкета водителя',
    lead: 'Оставьте номер: менеджер перезвонит и расскажет об аренде и выкупе автомобиля.',
    name: 'Имя',
    phone: 'Телефон',
    phoneHint: 'Например, +7 916 123-45-67',
    city: 'Город',
    consent: 'Согласен на обработку этих данных, чтобы мне перезвонили о работе. Согласие можно отозвать у менеджера.',
    send: 'Отправить анкету',
    sent: 'Анкета отправлена',
    thanks: 'Спасибо! Менеджер позвонит вам в рабочие часы.',
    again: 'Заполнить ещё одну',
    wrongName: 'Напишите имя.',
    wrongPhone: 'Не похоже на номер телефона. Напишите его целиком, с кодом.',
    wrongConsent: 'Без согласия мы не вправе записать ваш номер.',
    language: 'English',
  },
  en: {
    title: 'Driver application',
    lead: 'Leave your number: a manager will call back and tell about renting or buying a car.',
    name: 'Name',
    phone: 'Phone',
    phoneHint: 'For example, +7 916 123-45-67',
    city: 'City',
    consent:
      'I agree that these data are processed so that I can be called back about work. I may withdraw it at any time.',
    send: 'Send the application',
    sent: 'Application sent',
    thanks: 'Thank you! A manager will call you during working hours.',
    again: 'Fill in another one',
    wrongName: 'Write your name.',
    wrongPhone: 'This does not look like a phone number. Write all of it, with its code.',
    wrongConsent: 'Without your consent we may not keep your number.',
    language: 'По-русски',
  },
} as const

const SIGNS: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const safe = (text: string): string => text.replace(/[&<>"']/g, (sign) => SIGNS[sign] ?? '')

function shell(language: Language, title: string, body: string, other: string): string {
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="stylesheet" href="/apply/page.css">
</head>
<body>
<header><b>${title}</b><a href="${safe(other)}" lang="${language === 'ru' ? 'en' : 'ru'}">${WORDS[language].language}</a></header>
<main>${body}</main>
</body>
</html>
`
}

/** The address of the form in this language, with the code of the agent whose link it was. */
const formUrl = (language: Language, agent: string): string => {
  const query = new URLSearchParams({
    ...(agent === '' ? {} : { a: agent }),
    ...(language === 'en' ? { lang: 'en' } : {}),
  })
  return query.size === 0 ? '/apply' : `/apply?${query}`
}

/** Pure. The form as HTML that works without a script: what was written stands in it again, with a word beside what is wrong. */
export function applyPage(language: Language, given: Application, wrong: readonly Wrong[]): string {
  const words = WORDS[language]
  const says: Readonly<Record<Wrong, string>> = {
    name: words.wrongName,
    phone: words.wrongPhone,
    consent: words.wrongConsent,
  }
  const problem = (field: Wrong): string =>
    wrong.includes(field) ? `<p class="wrong" id="${field}-wrong">${says[field]}</p>` : ''
  const told = (field: Wrong): string =>
    wrong.includes(field) ? ` aria-invalid="true" aria-describedby="${field}-wrong"` : ''
  const body = `<h1>${words.title}</h1><p>${words.lead}</p>
<form method="post" action="/apply" accept-charset="utf-8">
<input type="hidden" name="id" value="${safe(given.id)}"><input type="hidden" name="a" value="${safe(given.agent)}"><input type="hidden" name="lang" value="${language}">
<label>${words.name}<input name="name" required maxlength="120" autocomplete="name" value="${safe(given.name)}"${told('name')}></label>${problem('name')}
<label>${words.phone}<input name="phone" type="tel" required maxlength="30" autocomplete="tel" placeholder="${words.phoneHint}" value="${safe(given.phone)}"${told('phone')}></label>${problem('phone')}
<label>${words.city}<input name="city" maxlength="80" autocomplete="address-level2" value="${safe(given.city)}"></label>
<label class="away" aria-hidden="true">Website<input name="website" tabindex="-1" autocomplete="off"></label>
<label class="tick"><input type="checkbox" name="consent" value="yes" required${told('consent')}> <span>${words.consent}</span></label>${problem('consent')}
<button type="submit">${words.send}</button>
</form>`
  return shell(language, words.title, body, formUrl(language === 'ru' ? 'en' : 'ru', given.agent))
}

/** Pure. What is shown once it has been sent. */
export function sentPage(language: Language): string {
  const words = WORDS[language]
  const body = `<h1>${words.sent}</h1><p>${words.thanks}</p><p><a href="${formUrl(language, '')}">${words.again}</a></p>`
  return shell(language, words.sent, body, `/apply/sent${language === 'ru' ? '?lang=en' : ''}`)
}

export const APPLY_CSS = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{margin:0 auto;max-width:34rem;padding:0 1rem 3rem}
header{display:flex;justify-content:space-between;padding:1rem 0}
h1{font-size:1.5rem;line-height:1.2;margin:.5rem 0}
label{display:block;margin-top:1rem}
label input:not([type=checkbox]){box-sizing:border-box;display:block;font:inherit;margin-top:.25rem;min-height:44px;padding:.5rem;width:100%}
.tick{align-items:flex-start;display:flex;gap:.5rem}
.tick input{flex:none;height:24px;margin:0;width:24px}
.wrong{color:light-dark(#b3261e,#ffb4ab);margin:.25rem 0 0}
.away{left:-9999px;position:absolute}
button{background:#1c5fd4;border:0;border-radius:8px;color:#fff;font:inherit;margin-top:1.5rem;min-height:48px;padding:0 1.5rem;width:100%}
:focus-visible{outline:3px solid #4c8dff;outline-offset:2px}
`
