import { expect, test } from 'vitest'
import { isCrossSite } from '../../../cloud/http/same-site.ts'

const host = 'kordon.example:8080'
const none = { fetchSite: undefined, origin: undefined, host }

test.each([
  { name: 'a safe request', request: { ...none, method: 'GET', fetchSite: 'cross-site' }, cross: false },
  { name: 'a program without browser headers', request: { ...none, method: 'POST' }, cross: false },
  { name: 'our own page', request: { ...none, method: 'POST', fetchSite: 'same-origin' }, cross: false },
  { name: 'another site', request: { ...none, method: 'POST', fetchSite: 'cross-site' }, cross: true },
  { name: 'a sister site', request: { ...none, method: 'DELETE', fetchSite: 'same-site' }, cross: true },
  {
    name: 'an older browser, own origin',
    request: { ...none, method: 'POST', origin: `http://${host}` },
    cross: false,
  },
  {
    name: 'an older browser, other origin',
    request: { ...none, method: 'POST', origin: 'https://evil.example' },
    cross: true,
  },
  { name: 'a sandboxed frame', request: { ...none, method: 'POST', origin: 'null' }, cross: true },
  {
    name: 'our public origin behind a proxy',
    request: { ...none, method: 'POST', fetchSite: 'same-origin', origin: 'https://kordon.example' },
    cross: false,
  },
])('isCrossSite: $name → $cross', ({ request, cross }) => {
  expect(isCrossSite(request, ['https://kordon.example'])).toBe(cross)
})
