import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mapLeads, readMapping, rowsOf } from '../../../cloud/cli/card-mapping.ts'
import { type CloudApp, startCloudApp } from '../../support/cloud-app.ts'

const MAPPING = 'docs/examples/leads-mapping.yaml'
const LEADS = 'docs/examples/leads.csv'
const mapping = readMapping(readFileSync(MAPPING, 'utf8'))
const HEAD = 'Этап;Клиент;Телефон;Марка;Причина;Сумма;Источник;Визит'

describe('a mapping', () => {
  test('B-03: the old stages become pipelines and stages, columns become fields of their kind', () => {
    const { good, wrong, skipped } = mapLeads(rowsOf(readFileSync(LEADS, 'utf8')), mapping)
    expect([wrong, skipped]).toEqual([[], 1])
    expect(good.map(({ pipeline, stage, key }) => [pipeline, stage, key])).toEqual([
      ['first_contact', 'lead', '+79165550001'],
      ['first_contact', 'estimate', '+79165550002'],
      ['repair_visit', 'expected', '+79165550003'],
    ])
    expect(good[1]?.fields).toEqual({
      phone: '+79165550002',
      name: 'Олег',
      source: 'Старая воронка',
      make: 'Kia',
      need: 'ТО',
      estimate: 1_240_050,
    })
  })

  test('JSON says the same as CSV', () => {
    const text = JSON.stringify([
      {
        Этап: 'Квалификация',
        Телефон: '89165550009',
        Клиент: null,
        Марка: 'Kia',
        Причина: 'ТО',
        Сумма: 10,
        Источник: '',
        Визит: '',
      },
    ])
    expect(mapLeads(rowsOf(text), mapping).good).toMatchObject([
      { line: 1, stage: 'qualify', fields: { phone: '+79165550009', estimate: 1000 } },
    ])
  })

  test.each([
    ['Забытый этап;Вера;89165550001;;;;', 'says nothing of the stage «Забытый этап»'],
    ['Проценка;Вера;12;;;;', 'Телефон: «12» is no phone'],
    ['Проценка;Вера;89165550001;;;дорого;', 'Сумма: «дорого» is no money'],
    ['Проценка;Вера;;;;;', 'phone is empty'],
  ])('the line %s is refused by name, and takes no other with it', (line, why) => {
    const { good, wrong } = mapLeads(rowsOf(`${HEAD}\n${line}\nПриёмка;Нина;89165550003;;;;`), mapping)
    expect(wrong).toEqual([{ line: 2, why: expect.stringContaining(why) }])
    expect(good).toHaveLength(1)
  })

  test('the same key twice is one lead; a file without a column and a wrong mapping are refused', () => {
    const line = 'Проценка;Вера;89165550001;;;;'
    expect(mapLeads(rowsOf(`${HEAD}\n${line}\n${line}`), mapping).wrong).toMatchObject([{ line: 3 }])
    expect(() => mapLeads(rowsOf('Этап;Клиент\nПроценка;Вера'), mapping)).toThrow('no column Телефон')
    expect(() => readMapping('stage: Этап\nkey: phone\nstages: {}\nfields: {name: Имя}')).toThrow('no field phone')
    expect(() => readMapping('stage: Этап\nkey: a\nstages: {}\nfields: {a: {column: A, as: colour}}')).toThrow(
      'fields.a',
    )
  })
})

describe('kordon card import', () => {
  let house: CloudApp
  const home = mkdtempSync(join(tmpdir(), 'kordon-home-'))
  beforeAll(async () => {
    house = await startCloudApp({ KORDON_CASES: 'b' })
  }, 60_000)
  afterAll(async () => {
    await house.stop()
    rmSync(home, { recursive: true })
  })
  const kordon = (args: readonly string[]): Promise<{ code: number; out: string }> =>
    new Promise((done) => {
      const env = { PATH: process.env['PATH'] ?? '', HOME: home, NO_COLOR: '1', KORDON_PASSWORD: 'demo-manager' }
      execFile(process.execPath, ['bin/kordon.mjs', ...args, '--json'], { env }, (error, out) =>
        done({ code: typeof error?.code === 'number' ? error.code : 0, out }),
      )
    })

  test('makes the cards once; the same file again adds none, a wrong line is named and fails', async () => {
    await kordon(['login', house.started.url, '--login', 'manager'])
    const first = await kordon(['card', 'import', LEADS, '--map', MAPPING])
    expect(JSON.parse(first.out)).toMatchObject({ added: 3, present: 0, skipped: 1, wrong: [], interrupted: null })
    expect(first.code).toBe(0)
    const file = join(home, 'more.csv')
    writeFileSync(file, `${readFileSync(LEADS, 'utf8')}Проценка;Без номера;нет;;;;;\n`)
    const again = await kordon(['card', 'import', file, '--map', MAPPING])
    expect(again.code).toBe(1)
    expect(JSON.parse(again.out)).toMatchObject({ added: 0, present: 3, wrong: [{ line: 6 }] })
    const url = `/api/cards?pipeline=repair_visit&state=all&q=${encodeURIComponent('+79165550003')}`
    const list = await house.cloud.http.inject({ url, headers: { cookie: await house.as('owner') } })
    expect(list.json().items).toMatchObject([{ stage: 'expected', fields: { name: 'Нина' } }])
  }, 60_000)
})
