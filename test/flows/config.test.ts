import { expect, test } from 'vitest'
import { HELP, parseConfig } from '../../flows/config.ts'

const enough = { KORDON_TOKEN: 't', KORDON_FLOWS_WEBHOOK_URL: 'https://example.org/in' }

test('every wrong variable is named at once', () => {
  const wrong = { KORDON_URL: 'ftp://x', KORDON_FLOWS_EDITOR: '1', KORDON_FLOWS_PORT: 'many' }
  for (const name of [
    'KORDON_URL',
    'KORDON_TOKEN',
    'KORDON_FLOWS_WEBHOOK_URL',
    'KORDON_FLOWS_PORT',
    'KORDON_FLOWS_EDITOR_PASSWORD_HASH',
  ])
    expect(() => parseConfig(wrong)).toThrow(name)
})

test('without a word about the editor there is none', () => {
  expect(parseConfig(enough)).toMatchObject({ url: 'http://127.0.0.1:8080', editor: undefined })
})

test('the editor needs a password hash', () => {
  expect(() => parseConfig({ ...enough, KORDON_FLOWS_EDITOR: '1' })).toThrow('KORDON_FLOWS_EDITOR_PASSWORD_HASH')
  const withHash = { ...enough, KORDON_FLOWS_EDITOR: '1', KORDON_FLOWS_EDITOR_PASSWORD_HASH: '$2b$08$abc' }
  expect(parseConfig(withHash).editor).toEqual({ port: 1880, passwordHash: '$2b$08$abc' })
})

test('--help lists every variable that is read', () => {
  const names: string[] = []
  const environment = new Proxy<Record<string, string>>(
    { ...enough },
    {
      get: (target, name) => {
        names.push(String(name))
        return target[String(name)]
      },
    },
  )
  parseConfig(environment)
  expect(names.filter((name) => name.startsWith('KORDON_') && !HELP.includes(name))).toEqual([])
  expect(names).toContain('KORDON_DATA_DIR')
})
