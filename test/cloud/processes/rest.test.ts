import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CloudApp, startCloudApp } from '../../support/cloud-app.ts'
import { until } from '../../support/until.ts'
import { changed, SMALL_SHOP } from './small-shop.ts'

let app: CloudApp
const cookies = new Map<string, string>()

beforeAll(async () => {
  app = await startCloudApp()
}, 60_000)
afterAll(() => app.stop())

type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
async function call(role: string, method: Method, url: string, payload?: object, language = 'ru') {
  const cookie = cookies.get(role) ?? (await app.as(role))
  cookies.set(role, cookie)
  const response = await app.cloud.http.inject({
    method,
    url,
    headers: { cookie, 'sec-fetch-site': 'same-origin', 'accept-language': language },
    ...(payload === undefined ? {} : { payload }),
  })
  const isJson = (response.headers['content-type'] ?? '').toString().includes('json')
  return {
    status: response.statusCode,
    body: isJson && response.body !== '' ? response.json() : response.body,
    type: response.headers['content-type'],
  }
}
const ENGLISH = `---
kind: english
id: english
words: {Заявка: Request, Визит: Visit, Не оплачено: Not paid, Позвонить: Call, Договорились: Agreed, Имя: Name, Источник: Source}
`
const PHONE = '+79161234567'
const born = async (fields: object = {}) =>
  (
    await call('manager', 'POST', '/api/cards', {
      pipeline: 'orders',
      fields: { source: 'Сайт', phone: PHONE, ...fields },
    })
  ).body

describe('processes over REST', () => {
  test('definitions with a mistake are refused with file, line and advice; right ones are switched on by a head', async () => {
    const wrong = await call('head', 'POST', '/api/definitions', {
      files: [{ name: 'shop.yaml', text: changed(['start: request', 'start: reqest']) }],
    })
    expect(wrong).toMatchObject({
      status: 422,
      body: { code: 'definition/refused', problems: [{ file: 'shop.yaml', line: 47, check: 3 }] },
    })
    expect((await call('manager', 'POST', '/api/definitions', { files: [{ name: 'a', text: '' }] })).status).toBe(403)
    const loaded = await call('head', 'POST', '/api/definitions', {
      files: [{ name: 'shop.yaml', text: SMALL_SHOP + ENGLISH }],
      note: 'первая',
    })
    expect(loaded.status).toBe(201)
    const on = await call('head', 'POST', `/api/definitions/${loaded.body.version}/activate`, {
      cards: 'move',
      mapping: {},
    })
    expect(on.body).toEqual({ version: loaded.body.version, carried: 0 })
    const svg = await call('manager', 'GET', `/api/definitions/${loaded.body.version}/drawings/orders`)
    expect(svg.body).toContain('Заявка')
    const drawing = `/api/definitions/${loaded.body.version}/drawings/orders`
    expect((await call('manager', 'GET', drawing, undefined, 'en')).body).toContain('>Request<')
    expect((await call('manager', 'GET', `${drawing}?language=en`)).body).toContain('>Request<')
    const named = { files: [{ name: 'shop.yaml', text: changed(['start: request', 'start: reqest']) }] }
    const { body: checked } = await call('head', 'POST', '/api/definitions/check', named, 'en')
    expect(checked.problems[0]).toMatchObject({ line: 47, message: 'No first stage “reqest”' })
  })

  test('a card shows only what the next step asks, and its tasks with outcomes as buttons', async () => {
    const card = await born()
    expect(card).toMatchObject({
      stage: 'request',
      stageTitle: 'Заявка',
      openTasks: 1,
      tasks: [{ title: 'Позвонить', outcomes: [{ id: 'talk' }, { id: 'no_answer' }] }],
    })
    const open = card.form
      .filter((field: { access: string }) => field.access === 'write')
      .map((field: { field: string }) => field.field)
    expect(open.toSorted()).toEqual(['lossReason', 'name', 'visitAt'])
  })

  test('an outcome moves the card; the same client key again answers as the first time', async () => {
    const card = await born()
    const [task] = card.tasks
    const body = { outcome: 'talk', set: { visitAt: Date.now() + 86_400_000 }, clientKey: 'offline-0001' }
    expect(await call('manager', 'POST', `/api/tasks/${task.id}/outcomes`, body)).toMatchObject({
      status: 200,
      body: { card: card.id },
    })
    expect(await call('manager', 'POST', `/api/tasks/${task.id}/outcomes`, body)).toMatchObject({
      status: 200,
      body: { card: card.id },
    })
    expect(
      await call('manager', 'POST', `/api/tasks/${task.id}/outcomes`, { ...body, clientKey: 'offline-0002' }),
    ).toMatchObject({ status: 409, body: { code: 'task/closed' } })
    expect((await call('manager', 'GET', `/api/cards/${card.id}`)).body.stage).toBe('visit')
  })

  test('a guard refuses by hand with its sentence', async () => {
    const card = await born({ total: 100, paid: 99, visitAt: Date.now() + 86_400_000 })
    await call('manager', 'POST', `/api/cards/${card.id}/moves`, { stage: 'visit' })
    expect(await call('manager', 'POST', `/api/cards/${card.id}/moves`, { stage: 'done' })).toMatchObject({
      status: 409,
      body: { code: 'card/refused', why: ['Не оплачено'] },
    })
  })

  test('who asks for English is told names and sentences in English where the files give them; what was typed stays', async () => {
    const card = await born({ total: 100, paid: 99, name: 'Визит', visitAt: Date.now() + 86_400_000 })
    const { body } = await call('manager', 'GET', `/api/cards/${card.id}`, undefined, 'en')
    expect(body).toMatchObject({
      pipelineTitle: 'Заказы',
      stageTitle: 'Request',
      fields: { name: 'Визит' },
      tasks: [{ title: 'Call', outcomes: [{ title: 'Agreed' }, { title: 'Недозвон' }], form: [{ title: 'Name' }, {}] }],
    })
    expect(body.ways.map((way: { title: string }) => way.title)).toEqual(['Visit', 'Отказ'])
    const [pipeline] = (await call('manager', 'GET', '/api/pipelines', undefined, 'en-GB,en')).body.items
    expect(pipeline.stages.map((stage: { title: string }) => stage.title)).toEqual([
      'Request',
      'Visit',
      'Выдан',
      'Отказ',
    ])
    await call('manager', 'POST', `/api/cards/${card.id}/moves`, { stage: 'visit' })
    expect(await call('manager', 'POST', `/api/cards/${card.id}/moves`, { stage: 'done' }, 'en')).toMatchObject({
      status: 409,
      body: { code: 'card/refused', detail: 'Not paid', why: ['Not paid'] },
    })
  })

  test('fields that nobody has described are refused', async () => {
    const card = await born()
    expect(
      (await call('manager', 'PATCH', `/api/cards/${card.id}`, { set: { colour: 'red' } })).status,
    ).toBeGreaterThanOrEqual(400)
  })

  test('board, list, pages and counts', async () => {
    const first = await call('manager', 'GET', '/api/cards?pipeline=orders&limit=2&sort=no')
    expect(first.body.items).toHaveLength(2)
    const second = await call(
      'manager',
      'GET',
      `/api/cards?pipeline=orders&limit=2&sort=no&cursor=${first.body.nextCursor}`,
    )
    expect(second.body.items[0].no).toBeGreaterThan(first.body.items[1].no)
    const { body } = await call('manager', 'GET', '/api/pipelines')
    expect(body.items[0]).toMatchObject({
      id: 'orders',
      stages: [{ id: 'request', title: 'Заявка' }, { id: 'visit' }, { id: 'done' }, { id: 'lost' }],
    })
  })

  test('one query narrows the board, its counts, the list and the sheet', async () => {
    const one = await born({ source: 'Выставка', name: 'Орлов' })
    await born({ source: 'Выставка', name: 'Орлова' })
    const fields = encodeURIComponent(JSON.stringify({ source: 'Выставка' }))
    const query = `pipeline=orders&fields=${fields}`
    const list = await call('manager', 'GET', `/api/cards?${query}&sort=-no`)
    expect(list.body.items.map(({ title }: { title: string }) => title)).toEqual(['Орлова', 'Орлов'])
    expect(list.body.items[0].responsibleName).toBe('Менеджер (демо)')
    const next = await call('manager', 'GET', `/api/cards?${query}&sort=-no&limit=1`)
    const second = await call('manager', 'GET', `/api/cards?${query}&sort=-no&limit=1&cursor=${next.body.nextCursor}`)
    expect(second.body.items[0].id).toBe(one.id)
    const counts = await call('manager', 'GET', `/api/cards/counts?${query}`)
    expect(counts.body.stages.map(({ stage, count }: { stage: string; count: number }) => [stage, count])).toEqual([
      ['request', 2],
    ])
    expect((await call('manager', 'GET', `/api/cards/counts?${query}&overdue=yes`)).body.stages).toEqual([])
    expect((await call('manager', 'GET', `/api/cards?${query}&tasks=none`)).body.items).toEqual([])
    const facets = await call('manager', 'GET', '/api/cards/facets?pipeline=orders')
    const source = facets.body.fields.find(({ field }: { field: string }) => field === 'source')
    expect(source.values).toContainEqual({ value: 'Выставка', count: 2 })
    const sheet = await call('manager', 'GET', `/api/cards/export?${query}`)
    expect(sheet.body.split('\r\n')[0]).toContain('"Этап"')
    expect(sheet.body).toContain('"Орлова"')
  })

  test('a way says which fields it lacks, and a comment stands in the log', async () => {
    const card = await born()
    const visit = card.ways.find(({ stage }: { stage: string }) => stage === 'visit')
    expect(visit.missing).toEqual(['visitAt'])
    expect((await call('manager', 'POST', `/api/cards/${card.id}/comments`, { text: 'Ждёт звонка' })).status).toBe(204)
    const { body } = await call('manager', 'GET', `/api/cards/${card.id}/log`)
    expect(body.items.at(-1)).toMatchObject({
      kind: 'comment',
      change: { text: 'Ждёт звонка' },
      actorName: 'Менеджер (демо)',
    })
    expect((await call('manager', 'GET', `/api/cards/${card.id}/around`)).body.items).toEqual([])
  })

  test('a document names what it lacks and is not made; filled in, it is there in Word and PDF', async () => {
    const card = await born()
    const templates = async () => (await call('manager', 'GET', `/api/cards/${card.id}/document-templates`)).body.items
    const [paper] = await templates()
    expect(paper.missing.length).toBeGreaterThan(0)
    const make = () => call('manager', 'POST', `/api/cards/${card.id}/documents/made`, { document: paper.id })
    expect(await make()).toMatchObject({ status: 409, body: { code: 'card/fields-missing' } })
    const set = { name: 'Иван', total: 100_000, contractNo: '7', visitAt: Date.now() }
    await call('manager', 'PATCH', `/api/cards/${card.id}`, { set })
    expect((await templates())[0].missing).toEqual([])
    expect((await make()).status).toBe(204)
    const { body } = await call('manager', 'GET', `/api/cards/${card.id}/documents`)
    expect(body.items.map(({ type }: { type: string }) => type.includes('pdf')).toSorted()).toEqual([false, true])
  })

  test('a saved view is one’s own', async () => {
    const { body: view } = await call('manager', 'POST', '/api/card-views', {
      pipeline: 'orders',
      title: 'Мои',
      query: { stage: 'visit' },
    })
    expect((await call('manager', 'GET', '/api/card-views')).body.items).toEqual([view])
    expect((await call('head', 'GET', '/api/card-views')).body.items).toEqual([])
  })

  test('a webhook comes twice: one event; an unknown address is nobody', async () => {
    const { body: hook } = await call('owner', 'POST', '/api/hooks', { adapter: 'telephony', title: 'АТС' })
    const missed = { id: 'call-1', event: 'missed', from: '8 (916) 765-43-21', line: '1' }
    const send = (path: string) => app.cloud.http.inject({ method: 'POST', url: path, payload: missed })
    expect((await send(hook.path)).json()).toEqual({ accepted: 'new' })
    expect((await send(hook.path)).json()).toEqual({ accepted: 'known' })
    expect((await send('/in/telephony/AAAAAAAAAAAAAAAAAAAAAAAAAAAA')).statusCode).toBe(404)
  })

  test('webhooks out of order: the newest word about a card stands, and one that came before its card finds it', async () => {
    const events = `---
kind: events
id: planner
events: {planner.booked: {at: time}, planner.note: {text: text}}
newest: [planner.booked]
`
    const when =
      '      - {event: planner.booked, do: [{set: {deal.visitAt: {cel: event.at}}}]}\n      - {event: planner.note, do: [{set: {deal.name: {cel: event.text}}}]}\n'
    const text = changed(['    enter: [{task: call}]\n', `    enter: [{task: call}]\n    when:\n${when}`]) + events
    const { body: version } = await call('head', 'POST', '/api/definitions', { files: [{ name: 'shop.yaml', text }] })
    await call('head', 'POST', `/api/definitions/${version.version}/activate`, { cards: 'move', mapping: {} })
    const { body: hook } = await call('owner', 'POST', '/api/hooks', { adapter: 'event', title: 'Планировщик' })
    const phone = '+79160001122'
    const hour = (count: number) => Date.parse('2026-11-20T09:00:00+03:00') + count * 3_600_000
    const send = async (id: string, event: string, payload: object, at: number) =>
      (
        await app.cloud.http.inject({
          method: 'POST',
          url: hook.path,
          payload: { id, event, payload, at, about: { phone } },
        })
      ).json().accepted
    // Before there is a card with this number: the newer word first, then the older one.
    expect(await send('b2', 'planner.booked', { at: hour(48) }, hour(2))).toBe('new')
    expect(await send('b1', 'planner.booked', { at: hour(24) }, hour(1))).toBe('late')
    expect(await send('b2', 'planner.booked', { at: hour(48) }, hour(2))).toBe('known')
    const card = await born({ phone })
    const fields = async () => (await call('manager', 'GET', `/api/cards/${card.id}`)).body.fields
    await until('the newest word', async () => (await fields()).visitAt === hour(48), { withinMs: 60_000 })
    // With the card there: a word that is older still changes nothing, a newer one does.
    expect(await send('b0', 'planner.booked', { at: hour(1) }, hour(0))).toBe('late')
    expect(await send('b3', 'planner.booked', { at: hour(72) }, hour(3))).toBe('new')
    await until('a newer word', async () => (await fields()).visitAt === hour(72), { withinMs: 60_000 })
    // Of other events each counts, in whatever order they come.
    expect(await send('n2', 'planner.note', { text: 'второе' }, hour(5))).toBe('new')
    expect(await send('n1', 'planner.note', { text: 'первое' }, hour(4))).toBe('new')
    await until('the last note', async () => (await fields()).name === 'первое', { withinMs: 60_000 })
  }, 200_000)

  test('a running process is paused, resumed and stopped by a head, with a reason that stands in the log', async () => {
    const card = await born({ visitAt: Date.now() + 86_400_000 })
    await call('manager', 'POST', `/api/cards/${card.id}/moves`, { stage: 'visit' })
    const begun = await call('manager', 'POST', `/api/cards/${card.id}/buttons`, { button: 'sign' })
    const [{ id: run, pausedAt }] = begun.body.running
    expect(pausedAt).toBeNull()
    const steer = (role: string, way: string, reason = 'Ждём решения') =>
      call(role, 'POST', `/api/cards/${card.id}/processes/${run}/${way}`, { reason })
    expect((await steer('manager', 'pause')).status).toBe(403)
    expect((await steer('head', 'pause', 'x')).status).toBe(400)
    const paused = await steer('head', 'pause')
    expect(paused.body).toMatchObject({ running: [{ id: run, pausedAt: expect.any(String) }] })
    expect(paused.body.tasks.map(({ template }: { template: string }) => template)).not.toContain('contract.ask_head')
    const list = async (query: string) => (await call('head', 'GET', `/api/processes/running?${query}`)).body.items
    expect(await list('state=paused&process=contract')).toMatchObject([{ id: run, card: card.id, title: 'Договор' }])
    expect((await call('head', 'GET', '/api/processes')).body.items).toMatchObject([
      { id: 'contract', title: 'Договор', paused: 1 },
    ])
    expect((await call('manager', 'GET', '/api/processes/running')).status).toBe(403)
    const resumed = await steer('head', 'resume')
    expect(resumed.body.tasks.map(({ template }: { template: string }) => template)).toContain('contract.ask_head')
    expect((await steer('head', 'stop')).body.running).toEqual([])
    const { body: log } = await call('head', 'GET', `/api/cards/${card.id}/log`)
    const said = log.items.filter(({ kind }: { kind: string }) => ['paused', 'resumed', 'stopped'].includes(kind))
    expect(said.map(({ kind, reason }: { kind: string; reason: string }) => [kind, reason])).toEqual([
      ['paused', 'Ждём решения'],
      ['resumed', 'Ждём решения'],
      ['stopped', 'Ждём решения'],
    ])
  })

  test('A-15: a hundred processes in seven departments, each of them running, each of them by itself', async () => {
    const processes = Array.from(
      { length: 100 },
      (_, n) => `---
kind: process
id: routine_${n}
title: Порядок ${n}
folder: Отдел ${n % 7}
card: deal
start: {button: true, who: [manager]}
steps:
  - {id: rest, wait: {for: ${n + 1}d}}
  - {id: ask, ask: {who: "role:head", options: [{id: ok, title: Готово}]}}
`,
    )
    const files = [
      { name: 'shop.yaml', text: SMALL_SHOP },
      { name: 'routines.yaml', text: processes.join('') },
    ]
    const loaded = await call('head', 'POST', '/api/definitions', { files })
    expect(loaded.status).toBe(201)
    await call('head', 'POST', `/api/definitions/${loaded.body.version}/activate`, { cards: 'move', mapping: {} })
    const described = async () =>
      (await call('head', 'GET', '/api/processes')).body.items.filter(({ id }: { id: string }) => id !== 'contract')
    expect(new Set((await described()).map(({ folder }: { folder: string }) => folder)).size).toBe(7)
    // Ten on each of ten cards: one card may have many.
    const cards = []
    for (let one = 0; one < 10; one += 1) {
      const card = await born()
      cards.push(card.id)
      for (let n = one * 10; n < one * 10 + 10; n += 1)
        await call('manager', 'POST', `/api/cards/${card.id}/processes`, { process: `routine_${n}` })
    }
    expect((await described()).map(({ running }: { running: number }) => running)).toEqual(
      Array.from({ length: 100 }, () => 1),
    )
    const first = await call('head', 'GET', '/api/processes/running?limit=60')
    const rest = await call('head', 'GET', `/api/processes/running?limit=60&cursor=${first.body.nextCursor}`)
    const all = [...first.body.items, ...rest.body.items].filter(
      ({ process }: { process: string }) => process !== 'contract',
    )
    expect(new Set(all.map(({ process }: { process: string }) => process)).size).toBe(100)
    const folder = await call('head', 'GET', `/api/processes/running?folder=${encodeURIComponent('Отдел 3')}`)
    expect(folder.body.items).toHaveLength(14)
    const one = all.find(({ process }: { process: string }) => process === 'routine_57')
    await call('head', 'POST', `/api/cards/${one.card}/processes/${one.id}/pause`, { reason: 'Проверка' })
    const states = (await described()).map(({ id, paused }: { id: string; paused: number }) => [id, paused])
    expect(states.filter(([, paused]: [string, number]) => paused > 0)).toEqual([['routine_57', 1]])
  }, 60_000)

  test('reports for heads, as a spreadsheet too; no card is without a task', async () => {
    const { body } = await call('head', 'GET', '/api/reports/without-tasks')
    expect(body.rows).toEqual([])
    expect((await call('head', 'GET', '/api/reports/stages?format=csv')).body).toContain('"Воронка";"Этап"')
    expect((await call('head', 'GET', '/api/reports/load?format=xlsx')).status).toBe(200)
    expect((await call('mechanic', 'GET', '/api/reports/stages')).status).toBe(403)
  })

  test('a photo is taken, a script in its clothes is not', async () => {
    const card = await born()
    const upload = async (bytes: Buffer, key: string) => {
      const form = new FormData()
      form.append('file', new Blob([new Uint8Array(bytes)], { type: 'image/png' }), 'фото.png')
      const request = new Request('http://x/', { method: 'POST', body: form })
      const headers = {
        cookie: cookies.get('manager') ?? '',
        'sec-fetch-site': 'same-origin',
        'content-type': request.headers.get('content-type') ?? '',
        'x-client-key': key,
      }
      return app.cloud.http.inject({
        method: 'POST',
        url: `/api/cards/${card.id}/documents`,
        headers,
        payload: Buffer.from(await request.arrayBuffer()),
      })
    }
    const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 1, 2, 3])
    const first = await upload(png, 'photo-key-1')
    expect(first.statusCode).toBe(201)
    expect((await upload(png, 'photo-key-1')).json()).toEqual(first.json())
    expect((await upload(Buffer.from('<script>'), 'photo-key-2')).statusCode).toBe(422)
    expect((await call('manager', 'GET', `/api/cards/${card.id}/documents`)).body.items).toHaveLength(1)
  })
})
