import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CloudApp, startCloudApp } from '../../../support/cloud-app.ts'
import { multipart } from '../../../support/multipart.ts'
import { until } from '../../../support/until.ts'

let app: CloudApp
let cookie = ''
let factory: Server
const letters: string[] = []
const folder = mkdtempSync(join(tmpdir(), 'kordon-letters-'))

/** A mail server that takes whatever comes. */
const mailServer = (): Promise<Server> =>
  new Promise((resolve) => {
    const server = createServer((socket) => {
      let letter: string | undefined
      socket.write('220 factory\r\n')
      socket.on('data', (bytes) => {
        for (const line of bytes.toString('utf8').split('\r\n').slice(0, -1)) {
          if (letter !== undefined && line !== '.') letter += `${line}\n`
          else if (letter !== undefined) {
            letters.push(letter)
            letter = undefined
            socket.write('250 kept\r\n')
          } else if (line === 'DATA') {
            letter = ''
            socket.write('354 go on\r\n')
          } else socket.write('250 fine\r\n')
        }
      })
    })
    server.listen(0, '127.0.0.1', () => resolve(server))
  })

beforeAll(async () => {
  factory = await mailServer()
  const address = factory.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const file = join(folder, 'messages.json')
  writeFileSync(file, JSON.stringify({ email: { url: `smtp://127.0.0.1:${port}`, from: 'service@dealer.example' } }), {
    mode: 0o600,
  })
  app = await startCloudApp({ KORDON_MESSAGES_FILE: file, KORDON_PUBLIC_URL: 'http://dealer.example' })
  cookie = await app.as('owner')
}, 60_000)
afterAll(async () => {
  await app.stop()
  factory.close()
  rmSync(folder, { recursive: true, force: true })
})

async function call(method: 'GET' | 'POST' | 'PATCH' | 'PUT', url: string, payload?: object) {
  const headers = { cookie, 'sec-fetch-site': 'same-origin' }
  const answer = await app.cloud.http.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
  if (answer.statusCode >= 400) throw new Error(`${method} ${url}: ${answer.statusCode} ${answer.body}`)
  return answer.body === '' ? undefined : answer.json()
}
const outside = (method: 'GET' | 'POST', url: string, body?: ReturnType<typeof multipart>) =>
  app.cloud.http.inject({
    method,
    url,
    remoteAddress: '10.9.9.9',
    ...(body === undefined
      ? {}
      : { headers: { ...body.headers, 'sec-fetch-site': 'same-origin' }, payload: body.payload }),
  })

test('E-23, E-24: the factory gets the letter with its PDF, and answers by the link with a claim act that confirms the warranty', async () => {
  await call('PUT', '/api/message-groups/factory', { title: 'Завод', phones: [], emails: ['claims@factory.example'] })
  const { id: first } = await call('POST', '/api/cards', { pipeline: 'work_orders', fields: { machine: 'Т-24' } })
  await call('PATCH', `/api/cards/${first}`, { set: { 'machine.serial': 'Т-24', 'machine.factory': 'Ростсельмаш' } })
  const fields = { machine: 'Т-24', scenario: 'warranty_repair', diagText: 'Течёт гидроцилиндр', total: 500_000 }
  const { id } = await call('POST', '/api/cards', { pipeline: 'work_orders', stage: 'letter', fields })
  const letter = await until('the letter', () => letters.at(-1))
  expect(letter).toContain('Content-Type: application/pdf')
  const text = Buffer.from(/base64\n\n([\s\S]*?)\n\n?--/.exec(letter)?.[1] ?? '', 'base64').toString('utf8')
  const said = `${text}\n${letter}`.replaceAll(/=\n/g, '')
  const link = /http:\/\/dealer\.example(\/u\/[\w-]+)/.exec(said)?.[1] ?? ''
  expect(link).not.toBe('')

  const page = await outside('GET', link)
  expect([page.statusCode, page.headers['content-security-policy']]).toEqual([200, expect.stringContaining("'none'")])
  expect(page.body).toContain('type="file"')
  const wrong = await outside(
    'POST',
    link,
    multipart({ file: { name: 'act.pdf', type: 'application/pdf', text: 'MZ' } }),
  )
  expect(wrong.statusCode).toBe(400)
  const act = { name: '../акт.pdf', type: 'application/pdf', text: '%PDF-1.7 акт' }
  expect((await outside('POST', link, multipart({ file: act }))).body).toContain('Файл получен')
  expect((await outside('POST', link, multipart({ file: act }))).body).toContain('Файл получен')

  const card = await until('the warranty to be confirmed', async () => {
    const found = await call('GET', `/api/cards/${id}`)
    return found.stage === 'parts' ? found : undefined
  })
  const { items } = await call('GET', `/api/cards/${id}/documents`)
  const files = items.filter(({ name }: { name: string }) => name === 'акт.pdf')
  expect(files).toHaveLength(1)
  expect(card.fields).toMatchObject({ warrantyConfirmed: true, total: 0, claimAct: files[0].id })
  expect((await outside('GET', '/u/000000000000000000000000')).statusCode).toBe(404)
}, 60_000)
