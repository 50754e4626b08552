import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createNoticeStore } from '../../flows/notice-store.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kordon-notices-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

test('a key is taken once, also after it was delivered and after a new opening', () => {
  const path = join(dir, 'n.sqlite')
  const store = createNoticeStore(path)
  expect([store.put('a', '{}', 1), store.put('a', '{}', 2)]).toEqual(['kept', 'known'])
  store.delivered('a', 3)
  store.close()
  const again = createNoticeStore(path)
  expect([again.put('a', '{}', 4), again.due(9)]).toEqual(['known', []])
  again.close()
})

test('a postponed notice is due at its time and not before', () => {
  const store = createNoticeStore(join(dir, 'n.sqlite'))
  store.put('a', '{"x":1}', 1000)
  store.postpone('a', 5000)
  expect(store.due(4999)).toEqual([])
  expect(store.due(5000)).toEqual([{ key: 'a', body: '{"x":1}', tries: 1 }])
  store.close()
})
