import { MOSCOW_MS } from '../calendar/moscow-day.ts'
import { escaped } from '../markup.ts'
import { shell } from '../processes/inbox/apply-page.ts'

export type Order = {
  readonly id: string
  readonly no: number
  readonly car: string | undefined
  /** Where it stands, in words for him. */
  readonly stage: string
  readonly open: boolean
  readonly at: number
  readonly visitAt: number | undefined
  readonly need: string | undefined
  /** Kopecks. */
  readonly sum: number | undefined
  readonly isEstimate: boolean
  readonly paid: number | undefined
  /** The sum he is asked to agree to. */
  readonly asks: number | undefined
  readonly agreed: boolean
  readonly documents: readonly { readonly id: string; readonly title: string; readonly at: number }[]
}
export type OwnCar = {
  readonly plate: string
  readonly what: string
  readonly dueOn: number | undefined
  readonly dueKm: number | undefined
  readonly advice: string | undefined
  readonly adviceOn: number | undefined
}
export type PageState = {
  readonly name: string | undefined
  readonly bonus: number | undefined
  readonly orders: readonly Order[]
  readonly cars: readonly OwnCar[]
}
export type PageLanguage = 'ru' | 'en'
/** What has just been done, or why it could not be. */
export type Note = 'asked' | 'agreed' | 'other-sum' | 'empty'

const WORDS = {
  ru: {
    title: 'Мой автомобиль в сервисе',
    hello: (name: string) => `Здравствуйте, ${name}`,
    orders: 'Заказы',
    none: 'Заказов пока нет.',
    order: (no: number) => `Заказ № ${no}`,
    stage: 'Сейчас',
    visit: 'Ждём вас',
    need: 'С чем обратились',
    estimate: 'Предварительный расчёт',
    total: 'Сумма',
    paid: 'Оплачено',
    left: 'Осталось оплатить',
    agree: (sum: string) => `Согласен с расчётом ${sum}`,
    agreed: 'Вы согласовали расчёт.',
    documents: 'Документы',
    question: 'Вопрос мастеру',
    send: 'Отправить вопрос',
    cars: 'Ваши автомобили',
    due: 'Следующее обслуживание',
    or: ' или ',
    km: (km: string) => `на ${km} км`,
    by: (day: string) => `до ${day}`,
    advice: 'Рекомендация мастера',
    unknown: 'срок пока не назначен',
    bonus: 'Бонусы',
    private: 'Эта ссылка личная: по ней видны только ваши заказы. Не пересылайте её.',
    notes: {
      asked: 'Вопрос отправлен. Менеджер ответит в рабочее время.',
      agreed: 'Спасибо! Расчёт согласован, мы готовим вашу машину.',
      'other-sum': 'Сумма изменилась, пока страница была открыта. Посмотрите новую и согласуйте её.',
      empty: 'Напишите вопрос: от 3 до 2 000 знаков.',
    },
    gone: 'Ссылка не действует',
    goneWhy: 'Она закрыта, устарела или неполная. Попросите в сервисе новую.',
  },
  en: {
    title: 'My car at the service',
    hello: (name: string) => `Hello, ${name}`,
    orders: 'Orders',
    none: 'No orders yet.',
    order: (no: number) => `Order No. ${no}`,
    stage: 'Now',
    visit: 'We expect you',
    need: 'What you came with',
    estimate: 'Estimate',
    total: 'Sum',
    paid: 'Paid',
    left: 'Left to pay',
    agree: (sum: string) => `I agree to the estimate of ${sum}`,
    agreed: 'You have agreed to the estimate.',
    documents: 'Documents',
    question: 'A question to the service',
    send: 'Send the question',
    cars: 'Your cars',
    due: 'Next service',
    or: ' or ',
    km: (km: string) => `at ${km} km`,
    by: (day: string) => `by ${day}`,
    advice: 'What the master advises',
    unknown: 'not set yet',
    bonus: 'Bonus points',
    private: 'This link is personal: it shows your orders alone. Do not pass it on.',
    notes: {
      asked: 'Your question is sent. A manager will answer in working hours.',
      agreed: 'Thank you! The estimate is agreed, we are getting ready for your car.',
      'other-sum': 'The sum has changed while the page was open. Look at the new one and agree to it.',
      empty: 'Write a question: 3 to 2,000 characters.',
    },
    gone: 'The link is not valid',
    goneWhy: 'It was closed, is too old or not whole. Ask the service for a new one.',
  },
} as const

const localeOf = (language: PageLanguage): string => (language === 'ru' ? 'ru-RU' : 'en-GB')
const moneyIn = (language: PageLanguage) => {
  const whole = new Intl.NumberFormat(localeOf(language), { maximumFractionDigits: 0 })
  const parts = new Intl.NumberFormat(localeOf(language), { minimumFractionDigits: 2, maximumFractionDigits: 2 })
  return (kopecks: number): string => `${(kopecks % 100 === 0 ? whole : parts).format(kopecks / 100)}\u00a0₽`
}
const dayIn = (language: PageLanguage) => {
  const format = new Intl.DateTimeFormat(localeOf(language), {
    timeZone: 'UTC',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  })
  return (at: number): string => format.format(at + MOSCOW_MS)
}
const momentIn = (language: PageLanguage) => {
  const format = new Intl.DateTimeFormat(localeOf(language), {
    timeZone: 'UTC',
    day: 'numeric',
    month: 'long',
    hour: '2-digit',
    minute: '2-digit',
  })
  return (at: number): string =>
    `${format.format(at + MOSCOW_MS).replace(' в ', ', ')} ${language === 'ru' ? '(МСК)' : '(MSK)'}`
}
/** Pure. «А123ВС 777». */
const plateOf = (plate: string): string => plate.replace(/^(\p{L}\d{3}\p{L}{2})(\d{2,3})$/u, '$1\u00a0$2')

/** Pure. The page of one client as HTML that works without a script; `base`: its own address. */
export function clientPage(
  language: PageLanguage,
  base: string,
  { name, bonus, orders, cars }: PageState,
  /** Words of the files in the language of the page. */
  said: (words: string) => string,
  note?: Note,
): string {
  const words = WORDS[language]
  const [money, day, moment] = [moneyIn(language), dayIn(language), momentIn(language)]
  const lang = `<input type="hidden" name="lang" value="${language}">`
  const line = (title: string, value: string | undefined): string =>
    value === undefined ? '' : `<dt>${title}</dt><dd>${escaped(value)}</dd>`
  const agreement = ({ id, asks, agreed }: Order): string =>
    asks !== undefined
      ? `<form method="post" action="${base}/orders/${id}/agreement">${lang}<input type="hidden" name="kopecks" value="${asks}"><button type="submit">${escaped(words.agree(money(asks)))}</button></form>`
      : agreed
        ? `<p class="hint">${words.agreed}</p>`
        : ''
  const orderOf = (order: Order): string => {
    const { id, no, car, stage, open, visitAt, need, sum, isEstimate, paid, documents } = order
    const left = sum === undefined || isEstimate || paid === undefined ? undefined : sum - paid
    return `<section class="box"><h2>${words.order(no)}${car === undefined ? '' : ` · ${escaped(plateOf(car))}`}</h2>
<dl>${line(words.stage, said(stage))}${line(words.visit, open && visitAt !== undefined ? moment(visitAt) : undefined)}${line(words.need, need)}${line(isEstimate ? words.estimate : words.total, sum === undefined ? undefined : money(sum))}${line(words.paid, paid === undefined ? undefined : money(paid))}${line(words.left, left === undefined || left <= 0 ? undefined : money(left))}</dl>
${agreement(order)}${
  documents.length === 0
    ? ''
    : `<h3>${words.documents}</h3><ul>${documents.map((one) => `<li><a href="${base}/documents/${one.id}">${escaped(said(one.title))}, ${day(one.at)}</a></li>`).join('')}</ul>`
}${
  open
    ? `<details><summary>${words.question}</summary><form method="post" action="${base}/orders/${id}/questions">${lang}<label>${words.question}<textarea name="text" rows="4" required minlength="3" maxlength="2000"></textarea></label><button type="submit">${words.send}</button></form></details>`
    : ''
}</section>`
  }
  const carOf = ({ plate, what, dueOn, dueKm, advice, adviceOn }: OwnCar): string => {
    const due = [
      ...(dueOn === undefined ? [] : [words.by(day(dueOn))]),
      ...(dueKm === undefined ? [] : [words.km(new Intl.NumberFormat(localeOf(language)).format(dueKm))]),
    ]
    const advised =
      advice === undefined ? undefined : `${advice}${adviceOn === undefined ? '' : `, ${words.by(day(adviceOn))}`}`
    return `<section class="box"><h2>${escaped(plateOf(plate))}</h2>${what === '' ? '' : `<p>${escaped(what)}</p>`}
<dl>${line(words.due, due.length === 0 ? words.unknown : due.join(words.or))}${line(words.advice, advised)}</dl></section>`
  }
  const body = `<h1>${name === undefined ? words.title : escaped(words.hello(name))}</h1>
${note === undefined ? '' : `<p role="status" class="note">${words.notes[note]}</p>`}
<h2 class="part">${words.orders}</h2>${orders.length === 0 ? `<p>${words.none}</p>` : orders.map(orderOf).join('\n')}
${cars.length === 0 ? '' : `<h2 class="part">${words.cars}</h2>${cars.map(carOf).join('\n')}`}
${bonus === undefined || bonus <= 0 ? '' : `<dl>${line(words.bonus, money(bonus))}</dl>`}
<p class="hint">${words.private}</p>`
  return shell(language, words.title, body, language === 'ru' ? `${base}?lang=en` : base)
}

/** Pure. What stands at an address that is none any more. */
export const clientGone = (language: PageLanguage): string =>
  shell(language, WORDS[language].gone, `<h1>${WORDS[language].gone}</h1><p>${WORDS[language].goneWhy}</p>`)
