const $ = (id) => document.getElementById(id)
const kept = (key) => {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}
const keep = (key, value) => {
  try {
    value === null ? localStorage.removeItem(key) : localStorage.setItem(key, value)
  } catch {
    /* a browser without storage */
  }
}
let lang = kept('lang') === 'en' ? 'en' : 'ru'
let state = null
let got = 0
let offline = false
let phone = ''
let retry = 0
const say = (key, values = {}) => key.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '')
const w = () => WORDS[lang]
const plural = (forms, n) => say(forms[new Intl.PluralRules(lang).select(n)] ?? forms.other, { n })
const locale = () => (lang === 'ru' ? 'ru-RU' : 'en-GB')
const money = (kopecks) => {
  const some = kopecks % 100 === 0 ? 0 : 2
  return `${new Intl.NumberFormat(locale(), { minimumFractionDigits: some, maximumFractionDigits: some }).format(kopecks / 100)}\u00a0₽`
}
const moscow = (options) => new Intl.DateTimeFormat(locale(), { timeZone: 'Europe/Moscow', ...options })
const moment = (at) =>
  `${moscow({ day: 'numeric', month: 'long', hour: '2-digit', minute: '2-digit' }).format(new Date(at)).replace(' в ', ', ')}${lang === 'ru' ? ' (МСК)' : ' (MSK)'}`
const day = (text) =>
  new Intl.DateTimeFormat(locale(), { timeZone: 'UTC', weekday: 'long', day: 'numeric', month: 'long' }).format(
    new Date(`${text}T00:00:00Z`),
  )
const date = (text) =>
  new Intl.DateTimeFormat(locale(), { timeZone: 'UTC', day: 'numeric', month: 'long', year: 'numeric' })
    .format(new Date(`${text}T00:00:00Z`))
    .replace(/\sг\.$/, '')
const age = (at) => {
  const min = Math.floor((Date.now() - new Date(at).getTime()) / 60000)
  if (min < 1) return w().now
  const n =
    min < 60
      ? `${min}\u00a0${w().min}`
      : min < 2880
        ? `${Math.floor(min / 60)}\u00a0${w().h}`
        : `${Math.floor(min / 1440)}\u00a0${w().d}`
  return say(w().ago, { n })
}
/** Elements are made, never parsed from text: what people wrote stays text. */
const el = (tag, more = {}, ...inside) => {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(more)) {
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value)
    else if (name === 'class') made.className = value
    else if (value !== undefined && value !== null && value !== false)
      made.setAttribute(name, value === true ? '' : value)
  }
  made.append(...inside.flat().filter((one) => one !== null && one !== undefined && one !== false))
  return made
}
const card = (kind, ...inside) => el('section', { class: `card ${kind}` }, ...inside)
const tell = (text) => {
  $('said').textContent = text
  $('said').hidden = text === ''
  if (text)
    setTimeout(() => {
      if ($('said').textContent === text) $('said').hidden = true
    }, 6000)
}

class Refusal extends Error {
  constructor(status, problem) {
    super(problem.code ?? '')
    this.status = status
    this.problem = problem
  }
}
async function call(method, path, body) {
  const headers = { accept: 'application/json' }
  if (body !== undefined) headers['content-type'] = 'application/json'
  // The same press again, after a lost answer, must not act twice.
  if (method !== 'GET' && body !== undefined) headers['idempotency-key'] = await keyOf(path, body)
  const answer = await fetch(`/api/driver/${path}`, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    credentials: 'same-origin',
    signal: AbortSignal.timeout?.(20000),
  })
  if (answer.status === 204) return null
  const read = await answer.json().catch(() => ({}))
  if (!answer.ok) throw new Refusal(answer.status, read)
  return read
}
const pending = new Map()
async function keyOf(path, body) {
  const what = path + JSON.stringify(body)
  const known = pending.get(what)
  if (known) return known
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  const key = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  pending.set(what, key)
  return key
}
const forgetKey = (path, body) => pending.delete(path + JSON.stringify(body))
function take(read) {
  state = read
  got = Date.now()
  offline = false
  retry = 0
  keep('state', JSON.stringify({ got, state }))
}
async function load() {
  try {
    take(await call('GET', 'me'))
    draw()
  } catch (error) {
    // Who is signing in goes on: drawn anew, the page would take his number away under his fingers.
    if (error instanceof Refusal && (error.status === 401 || error.status === 403)) {
      if (state === null) return
      state = null
      keep('state', null)
      return draw()
    }
    offline = true
    net()
    retry = Math.min(retry + 1, 6)
    setTimeout(load, 1000 * 2 ** retry)
  }
}
function net() {
  $('net').hidden = !offline
  if (offline) $('net').replaceChildren(state === null ? w().none : say(w().old, { age: age(got) }))
}
/** Presses of a button: shown as under way, then what came of it, never before. */
async function act(button, path, body, after) {
  button.disabled = true
  try {
    const read = await call('POST', path, body)
    forgetKey(path, body)
    if (after) after(read)
    else {
      take(read)
      draw()
      tell(w().done)
    }
  } catch (error) {
    if (error instanceof Refusal) forgetKey(path, body)
    tell(error instanceof Refusal ? wordsOf(error) : w().none)
    if (error instanceof Refusal && error.status === 401) load()
  } finally {
    button.disabled = false
  }
}
function wordsOf({ status, problem }) {
  if (status === 429) return w().many
  if (problem.code === 'driver-page/wrong-code') return w().wrong
  if (problem.code === 'promise/refused') return w().refused[problem.why] ?? w().failed
  if (problem.code === 'inspection/slot-taken') return w().taken
  if (problem.code === 'request/invalid') return path400()
  return w().failed
}
const path400 = () => (state === null ? w().phoneBad : w().failed)

function signIn(step) {
  const number = el('input', {
    id: 'phone',
    type: 'tel',
    autocomplete: 'tel',
    inputmode: 'tel',
    required: true,
    value: phone,
    placeholder: '+7 916 123-45-67',
  })
  const code = el('input', {
    id: 'code',
    inputmode: 'numeric',
    autocomplete: 'one-time-code',
    pattern: '\\d{6}',
    maxlength: 6,
    required: true,
  })
  const button = el('button', { class: 'main wide' }, step === 'phone' ? w().ask : w().enter)
  const form = el('form', {
    onsubmit: (event) => {
      event.preventDefault()
      if (step === 'phone') {
        phone = number.value
        act(button, 'code', { phone }, () => {
          $('main').replaceChildren(signIn('code'))
          $('code').focus()
        })
      } else act(button, 'session', { phone, code: code.value }, () => load())
    },
  })
  form.append(el('h1', {}, w().title))
  if (step === 'phone') form.append(el('label', { for: 'phone' }, w().phone), number, button)
  else
    form.append(
      el('p', { class: 'soft' }, w().asked),
      el('label', { for: 'code' }, w().code),
      code,
      button,
      el('button', { type: 'button', class: 'wide', onclick: () => draw() }, w().other),
    )
  return card('', form)
}
function startCard(s) {
  const kind =
    s.start === 'permitted' && s.holds.length === 0
      ? 'good'
      : s.start === 'blocked' || s.holds.length > 0
        ? 'bad'
        : 'warn'
  const list = s.holds.map((hold) => {
    const [what, how] = hold.own === 'no' ? [w().others, w().othersHow] : w().holds[hold.reason]
    return el('li', {}, el('b', {}, what), ` (${say(w().since, { at: moment(hold.since) })}). ${how}`)
  })
  return card(
    kind,
    el(
      'h2',
      {},
      s.vehicle.plate.replace(/^(\D\d{3}\D{2})(\d{2,3})$/, '$1\u00a0$2'),
      ' ',
      el('span', { class: 'soft' }, s.vehicle.model),
    ),
    el('p', { class: 'word' }, w().start[s.start] ?? w().start.unknown),
    s.graceUntil && el('p', {}, say(w().grace, { at: moment(s.graceUntil) })),
    list.length > 0 && el('h2', {}, w().why),
    list.length > 0 && el('ul', {}, list),
    list.length > 1 && el('p', {}, w().several),
    drive(s),
    appeal(s),
    unlock(s),
  )
}
function appeal(s) {
  const a = s.appeal
  if (a && a.answer === null)
    return el('p', { class: 'soft' }, say(w().appealSent, { at: moment(a.at), text: a.reason }))
  const text = el('textarea', { id: 'appeal', rows: 3, maxlength: 1000, minlength: 3, required: true })
  const button = el('button', { class: 'main wide' }, w().send)
  const form = el(
    'form',
    {
      onsubmit: (event) => {
        event.preventDefault()
        act(button, 'appeal', { reason: text.value })
      },
    },
    el('label', { for: 'appeal' }, w().appealWhat),
    text,
    button,
  )
  return [
    a && el('p', { class: 'soft' }, say(w().appealAnswer, { at: moment(a.answeredAt), text: a.answer })),
    (s.holds.length > 0 || a) && el('details', {}, el('summary', {}, w().appeal), form),
  ]
}
function drive(s) {
  if (s.drive?.may !== 'yes') return null
  const button = el(
    'button',
    {
      type: 'button',
      class: 'main wide',
      onclick: () =>
        act(button, 'drive-to-park', {}, (read) => {
          take(read)
          draw()
          tell(w().driveAsked)
          // A rule gives it within seconds.
          setTimeout(load, 5000)
        }),
    },
    w().drive,
  )
  return el('details', {}, el('summary', {}, w().drive), el('p', {}, w().driveWhat), button)
}
function unlock(s) {
  if (s.unlock.may === 'no')
    return s.unlock.nextAt && el('p', { class: 'soft' }, say(w().unlockNext, { at: moment(s.unlock.nextAt) }))
  const box = el('div', {})
  const button = el(
    'button',
    {
      type: 'button',
      class: 'wide',
      onclick: () =>
        act(button, 'unlock-code', undefined, ({ code }) =>
          box.replaceChildren(el('p', { class: 'key' }, code), el('p', { class: 'soft' }, w().unlockUse)),
        ),
    },
    w().unlockGet,
  )
  box.append(button)
  return el('details', {}, el('summary', {}, w().unlock), el('p', {}, w().unlockWhat), box)
}
function balanceCard(s) {
  const b = s.balance
  const gap = b ? b.minKopecks - b.kopecks : 0
  return card(
    b && gap > 0 ? 'bad' : '',
    el('h2', {}, w().balance),
    b
      ? [
          el('p', { class: 'big' }, money(b.kopecks)),
          el('p', { class: 'soft' }, say(w().updated, { age: age(b.asOf) }), b.old ? `. ${w().stale}` : ''),
          gap > 0
            ? el('p', { class: 'word' }, say(w().below, { min: money(b.minKopecks), gap: money(gap) }))
            : s.lease &&
              el('p', { class: 'word' }, b.lastsUntil ? say(w().lasts, { day: day(b.lastsUntil) }) : w().lastsLong),
        ]
      : el('p', {}, w().noBalance),
    s.lease &&
      el(
        'p',
        { class: 'soft' },
        `${w().today}: ${s.lease.chargeTodayKopecks === 0 ? w().free : money(s.lease.chargeTodayKopecks)}`,
        b ? `. ${say(w().threshold, { min: money(b.minKopecks) })}` : '',
      ),
    s.payUrl && el('a', { class: 'btn main wide', href: s.payUrl, rel: 'noreferrer' }, w().pay),
    promise(s),
  )
}
function promise({ promise: p }) {
  if (p.open) return el('p', {}, say(w().promised, { sum: money(p.open.kopecks), until: moment(p.open.until) }))
  if (p.nextAt) return el('p', { class: 'soft' }, say(w().nextPromise, { at: moment(p.nextAt) }))
  if (p.mostKopecks < 100) return null
  const sum = el('input', {
    id: 'sum',
    inputmode: 'decimal',
    type: 'number',
    min: 1,
    max: p.mostKopecks / 100,
    step: 1,
    required: true,
  })
  const within = el(
    'select',
    { id: 'within' },
    [6, 12, 24, 48, 72]
      .filter((h) => h <= p.longestHours)
      .concat([6, 12, 24, 48, 72].includes(p.longestHours) ? [] : [p.longestHours])
      .map((h) => el('option', { value: h, selected: h === p.longestHours }, plural(w().hours, h))),
  )
  const button = el('button', { class: 'main wide' }, w().give)
  const form = el(
    'form',
    {
      onsubmit: (event) => {
        event.preventDefault()
        // A minute less than the longest: the clocks of a phone and of the park differ.
        const until = new Date(
          new Date(state.at).getTime() + (Date.now() - got) + Number(within.value) * 3600000 - 60000,
        ).toISOString()
        act(button, 'promise', { kopecks: Math.round(Number(sum.value) * 100), until })
      },
    },
    el('label', { for: 'sum' }, say(w().sum, { most: money(p.mostKopecks) })),
    sum,
    el('label', { for: 'within' }, w().within),
    within,
    button,
  )
  return el('details', {}, el('summary', {}, w().promise), form)
}
function inspectionCard(s) {
  const i = s.inspection
  if (!i)
    return card(
      '',
      el('h2', {}, w().inspection),
      el('p', {}, w().noInspection),
      slots((slot, button) => act(button, 'visit', slot), w().book),
    )
  const late = i.state === 'overdue' || i.state === 'critical'
  const left = i.maxPostpones - i.postponed
  const rows = [
    (i.dueOn || i.dueKm) && [
      w().due,
      [i.dueOn && date(i.dueOn), i.dueKm && `${i.dueKm.toLocaleString(locale())}\u00a0${w().km}`]
        .filter(Boolean)
        .join(', '),
    ],
    (i.kmLeft !== null || i.daysLeft !== null) && [
      w().left,
      [
        i.kmLeft !== null && `${i.kmLeft.toLocaleString(locale())}\u00a0${w().km}`,
        i.daysLeft !== null && plural(w().days, i.daysLeft),
      ]
        .filter(Boolean)
        .join(', '),
    ],
    i.forecastOn && [w().forecast, date(i.forecastOn)],
    i.visit && [w().visit, `${moment(i.visit.at)}, ${i.visit.station}`],
    [w().postponed, `${i.postponed} ${w().of} ${i.maxPostpones}`],
  ].filter(Boolean)
  return card(
    late ? 'bad' : i.state === 'due' || i.state === 'soon' ? 'warn' : '',
    el('h2', {}, w().inspection),
    el('p', { class: 'word' }, w().states[i.state]),
    el(
      'dl',
      {},
      rows.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]),
    ),
    i.visit ? postpone(left) : slots((slot, button) => act(button, 'visit', slot), w().book),
  )
}
function postpone(left) {
  const why = el(
    'select',
    { id: 'why', required: true },
    Object.entries(w().reasons).map(([id, words]) => el('option', { value: id }, words)),
  )
  const note = left > 1 ? say(w().leftN, { n: left - 1 }) : left === 1 ? w().last : w().over
  const box = el(
    'details',
    {},
    el('summary', {}, w().postpone),
    el('p', { class: 'word' }, note),
    el('label', { for: 'why' }, w().cancelWhy),
    why,
  )
  box.append(slots((next, button) => act(button, 'visit/postpone', { reason: why.value, next }), w().nextSlot))
  return box
}
function slots(chosen, title) {
  const box = el('div', {})
  const fill = async () => {
    box.replaceChildren('…')
    try {
      const { items } = await call('GET', 'slots')
      box.replaceChildren(
        ...(items.length === 0
          ? [el('p', {}, w().noSlots)]
          : items.flatMap(({ stationId, name, address, slots: times }) => [
              el('p', {}, el('b', {}, name), address ? `, ${address}` : ''),
              ...byDay(times).map(([title, own]) =>
                el(
                  'div',
                  {},
                  el('p', { class: 'soft' }, title),
                  el(
                    'div',
                    { class: 'slots' },
                    own.map((at) => {
                      const button = el(
                        'button',
                        { type: 'button', onclick: () => chosen({ stationId, at }, button) },
                        moscow({ hour: '2-digit', minute: '2-digit' }).format(new Date(at)),
                      )
                      return button
                    }),
                  ),
                ),
              ),
            ])),
      )
    } catch {
      box.replaceChildren(el('button', { type: 'button', onclick: fill }, w().again))
    }
  }
  return el(
    'details',
    {
      ontoggle: (event) => {
        if (event.target.open && box.childElementCount === 0) fill()
      },
    },
    el('summary', {}, title),
    box,
  )
}
const byDay = (times) => [
  ...(Map.groupBy
    ? Map.groupBy(times, titleOf)
    : times.reduce((all, at) => all.set(titleOf(at), [...(all.get(titleOf(at)) ?? []), at]), new Map())),
]
const titleOf = (at) => moscow({ weekday: 'long', day: 'numeric', month: 'long' }).format(new Date(at))
function papersCard(s) {
  const text = ({ state: word, validUntil }) =>
    word === 'missing' ? w().missing : say(word === 'ended' ? w().ended : w().until, { day: date(validUntil) })
  return card(
    s.papers.some(({ state: word }) => word === 'ended') ? 'bad' : '',
    el('h2', {}, w().papers),
    el(
      'dl',
      {},
      s.papers.flatMap((paper) => [el('dt', {}, w().paper[paper.kind]), el('dd', {}, text(paper))]),
    ),
  )
}
function returnCard(s) {
  if (s.lease.state === 'returning') return card('warn', el('p', {}, w().returning))
  if (!s.lease.main) return null
  const where = el('input', { id: 'where', required: true, maxlength: 120 })
  const note = el('input', { id: 'note', maxlength: 1000 })
  const button = el('button', { class: 'main wide' }, w().sure)
  return card(
    '',
    el(
      'details',
      {},
      el('summary', {}, w().return),
      el(
        'form',
        {
          onsubmit: (event) => {
            event.preventDefault()
            act(button, 'return', { parking: where.value, note: note.value })
          },
        },
        el('label', { for: 'where' }, w().where),
        where,
        el('label', { for: 'note' }, w().note),
        note,
        button,
      ),
    ),
  )
}
function draw() {
  document.documentElement.lang = lang
  $('lang').textContent = lang === 'ru' ? 'EN' : 'RU'
  $('lang').lang = lang === 'ru' ? 'en' : 'ru'
  $('out').hidden = state === null
  $('out').textContent = w().out
  $('who').textContent = state?.name || 'Кордон'
  document.title = w().title
  net()
  if (state === null) return $('main').replaceChildren(signIn('phone'))
  const s = state
  $('main').replaceChildren(
    ...[
      s.vehicle ? startCard(s) : card('', el('p', {}, w().noVehicle)),
      balanceCard(s),
      s.vehicle && inspectionCard(s),
      s.papers.length > 0 && papersCard(s),
      s.lease && returnCard(s),
      s.support &&
        el(
          'p',
          { class: 'card' },
          el('a', { href: `tel:${s.support.replace(/[^+\d]/g, '')}` }, `${w().support}: ${s.support}`),
        ),
    ].filter(Boolean),
  )
}
$('lang').addEventListener('click', () => {
  lang = lang === 'ru' ? 'en' : 'ru'
  keep('lang', lang)
  draw()
})
$('out').addEventListener('click', async () => {
  try {
    await call('DELETE', 'session')
  } catch {
    return tell(w().none)
  }
  state = null
  keep('state', null)
  draw()
})
try {
  const last = JSON.parse(kept('state') ?? 'null')
  if (last) {
    state = last.state
    got = last.got
  }
} catch {
  keep('state', null)
}
draw()
load()
addEventListener('online', () => {
  retry = 0
  load()
})
addEventListener('offline', () => {
  offline = true
  net()
})
// Not while somebody is writing: a redrawn page would take the words away.
setInterval(() => {
  if (
    document.visibilityState === 'visible' &&
    state !== null &&
    document.querySelector('details[open],form :focus') === null
  )
    load()
}, 60000)
navigator.serviceWorker?.register('/d/worker.js', { scope: '/d' }).catch(() => {})
