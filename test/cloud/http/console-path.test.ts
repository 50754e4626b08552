import { expect, test } from 'vitest'
import { cacheControlOf, isConsolePage } from '../../../cloud/http/console-path.ts'

test.each(['/', '/map', '/vehicles/0b0e7b1c-8f5e-4a63-9d9a-1d1a6a3f7f21', '/setup/', '/apis'])(
  '%s is a page',
  (path) => {
    expect(isConsolePage(path)).toBe(true)
  },
)

test.each([
  '/api',
  '/api/vehicles',
  '/API/vehicles',
  '//api/vehicles',
  '/api//vehicles',
  '/api;x/vehicles',
  '/%61pi/vehicles',
  '/x/../api/vehicles',
  '/map.js',
  '/assets/gone',
  '/metrics',
  '/in/telephony/x',
  '\\api',
  '/a b',
])('%s is no page', (path) => {
  expect(isConsolePage(path)).toBe(false)
})

test('only hashed files are kept by browsers without asking', () => {
  expect(cacheControlOf('/dist/assets/index-Ab12.js')).toContain('immutable')
  expect(cacheControlOf('/dist/index.html')).toBe('no-cache')
})
