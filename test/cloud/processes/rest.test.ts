import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CloudApp, startCloudApp } from '../../support/cloud-app.ts'
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
