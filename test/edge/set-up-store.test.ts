import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadSetUp } from '../../edge/set-up-store.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kordon-set-up-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

test('a folder without a set-up file has nothing to claim with', () => {
  expect(loadSetUp(dir)).toEqual({})
})

test('what the technician wrote is read', () => {
  writeFileSync(join(dir, 'gateway.json'), '{"cloudUrl":"https://kordon.example","claimCode":"ABCDEFGH"}')
  expect(loadSetUp(dir)).toEqual({ cloudUrl: 'https://kordon.example', claimCode: 'ABCDEFGH' })
})

test.each([
  { name: 'a wrong code', text: '{"cloudUrl":"https://kordon.example","claimCode":"abc"}', reason: 'claimCode' },
  { name: 'an unknown field', text: '{"cloudUrl":"https://kordon.example","claimCode":"ABCDEFGH","x":1}', reason: 'x' },
  { name: 'no JSON', text: '{', reason: 'not JSON' },
])('$name is named with its file', ({ text, reason }) => {
  writeFileSync(join(dir, 'gateway.json'), text)
  expect(() => loadSetUp(dir)).toThrow(new RegExp(`gateway\\.json is not usable:[^]*${reason}`))
})
