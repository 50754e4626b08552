import { escaped } from '../../markup.ts'
import { TAKEN_TYPES } from '../documents/upload.ts'

/** What somebody has written into the form; empty where he has not. */
export type Application = {
  readonly id: string
  readonly name: string
  readonly phone: string
  readonly city: string
  readonly agent: string
}
export type Language = 'ru' | 'en'
export type Wrong = 'name' | 'phone' | 'consent' | 'files'
/** Files that the form asks for, each once. */
export const PAPERS = ['licence', 'passport'] as const
export type PaperName = (typeof PAPERS)[number]

const WORDS = {
  ru: {
    title: 'Анкета водителя',
    lead: 'Оставьте номер: менеджер перезвонит и расскажет об аренде и выкупе автомобиля.',
    name: 'Имя',
    phone: 'Телефон',
    phoneHint: 'Например, +7 916 123-45-67',
    city: 'Город',
    papers: 'Документы: можно приложить сейчас или принести с собой',
    paperNames: { licence: 'Водительское удостоверение', passport: 'Паспорт, страница с фото' },
    filesHint: 'Фотография JPEG, PNG, WebP или файл PDF, DOCX; каждый не больше 12 МБ.',
    wrongFiles: 'Эти файлы мы взять не можем. Приложите фотографию, PDF или DOCX до 12 МБ.',
    consent:
      'Согласен на обработку этих данных и приложенных документов, чтобы мне перезвонили о работе. Согласие можно отозвать у менеджера.',
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
    papers: 'Papers: attach them now or bring them with you',
    paperNames: { licence: 'Driving licence', passport: 'Passport, the page with the photo' },
    filesHint: 'A photo as JPEG, PNG or WebP, or a PDF or DOCX file; 12 MB each at most.',
    wrongFiles: 'We cannot take these files. Attach a photo, a PDF or a DOCX of at most 12 MB.',
    consent:
      'I agree that these data and the papers attached are processed so that I can be called back about work. I may withdraw it at any time.',
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

/** What pages for everybody may do in a browser: show themselves and send their own form. */
export const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

/** Pure. A page for everybody; `other`: the address of the same in the other language. */
export function shell(language: Language, title: string, body: string, other?: string): string {
  const link =
    other === undefined
      ? ''
      : `<a href="${escaped(other)}" lang="${language === 'ru' ? 'en' : 'ru'}">${WORDS[language].language}</a>`
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${escaped(title)}</title>
<link rel="stylesheet" href="/apply/page.css">
</head>
<body>
<header><b>${escaped(title)}</b>${link}</header>
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
    files: words.wrongFiles,
  }
  const problem = (field: Wrong): string =>
    wrong.includes(field) ? `<p class="wrong" id="${field}-wrong">${says[field]}</p>` : ''
  const told = (field: Wrong): string =>
    wrong.includes(field) ? ` aria-invalid="true" aria-describedby="${field}-wrong"` : ''
  const body = `<h1>${words.title}</h1><p>${words.lead}</p>
<form method="post" action="/apply" accept-charset="utf-8" enctype="multipart/form-data">
<input type="hidden" name="id" value="${escaped(given.id)}"><input type="hidden" name="a" value="${escaped(given.agent)}"><input type="hidden" name="lang" value="${language}">
<label>${words.name}<input name="name" required maxlength="120" autocomplete="name" value="${escaped(given.name)}"${told('name')}></label>${problem('name')}
<label>${words.phone}<input name="phone" type="tel" required maxlength="30" autocomplete="tel" placeholder="${words.phoneHint}" value="${escaped(given.phone)}"${told('phone')}></label>${problem('phone')}
<label>${words.city}<input name="city" maxlength="80" autocomplete="address-level2" value="${escaped(given.city)}"></label>
<fieldset><legend>${words.papers}</legend><p class="hint">${words.filesHint}</p>
${PAPERS.map((name) => `<label>${words.paperNames[name]}<input type="file" name="${name}" accept="${TAKEN_TYPES.join(',')}"${told('files')}></label>`).join('\n')}${problem('files')}
</fieldset>
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
.hint{margin:.25rem 0 0;opacity:.75}
fieldset{border:1px solid color-mix(in srgb,currentcolor 25%,transparent);border-radius:8px;margin:1.25rem 0 0;padding:.5rem 1rem 1rem}
.wrong{color:light-dark(#b3261e,#ffb4ab);margin:.25rem 0 0}
dl{display:grid;gap:.25rem 1rem;grid-template-columns:1fr auto}
dd,td:last-child,th:last-child{margin:0;text-align:right}
table{border-collapse:collapse;margin-top:1.5rem;width:100%}
caption{font-weight:600;text-align:left}
td,th{border-bottom:1px solid color-mix(in srgb,currentcolor 20%,transparent);padding:.4rem 0;text-align:left}
.away{left:-9999px;position:absolute}
textarea{box-sizing:border-box;display:block;font:inherit;margin-top:.25rem;padding:.5rem;width:100%}
.box{border:1px solid color-mix(in srgb,currentcolor 25%,transparent);border-radius:12px;margin:1rem 0;padding:.75rem 1rem 1rem}
.box h2{font-size:1.1rem;margin:.25rem 0 .5rem}
.box h3{font-size:1rem;margin:1rem 0 0}
.part{font-size:1.15rem;margin:1.75rem 0 .25rem}
.note{border-left:4px solid #1c5fd4;padding:.5rem 1rem}
summary{cursor:pointer;margin-top:.75rem;min-height:44px;padding:.6rem 0}
ul{padding-left:1.2rem}
dd{overflow-wrap:anywhere}
button{background:#1c5fd4;border:0;border-radius:8px;color:#fff;font:inherit;margin-top:1.5rem;min-height:48px;padding:0 1.5rem;width:100%}
:focus-visible{outline:3px solid #4c8dff;outline-offset:2px}
`
