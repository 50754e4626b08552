import { describe, expect, test } from 'vitest'
import { shippedPolicy } from '../../../cloud/access/access-store.ts'
import { maskedPhone, maskedWord, shown } from '../../../cloud/access/mask.ts'
import { fieldRight, laidOver, mayAct, stageRight } from '../../../cloud/access/policy.ts'
import { ROLES } from '../../../cloud/http/access.ts'
import { actionOf, covers, isScope } from '../../../cloud/http/action.ts'

const shipped = shippedPolicy()

describe('the shipped policy', () => {
  test.each(ROLES)('speaks of %s', (role) => {
    expect(shipped[role]).toBeDefined()
  })

  test.each([
    ['owner', 'driver', 'passport', 'write'],
    ['head', 'driver', 'passport', 'masked'],
    ['manager', 'driver', 'phone', 'write'],
    ['manager', 'driver', 'passport', 'masked'],
    ['mechanic', 'driver', 'passport', 'hidden'],
    ['mechanic', 'driver', 'phone', 'masked'],
    ['technician', 'driver', 'phone', 'hidden'],
    ['accountant', 'ledger', 'kopecks', 'write'],
    ['service', 'ledger', 'kopecks', 'hidden'],
    ['driver', 'vehicle', 'position', 'hidden'],
  ] as const)('%s: %s.%s is %s', (role, resource, field, right) => {
    expect(fieldRight(shipped, role, resource, field)).toBe(right)
  })

  test('names of every object are no fields of a role', () => {
    for (const word of ['constructor', '__proto__', 'toString'])
      expect(fieldRight(shipped, 'technician', word, 'constructor')).toBe('read')
    for (const word of ['constructor', '__proto__'])
      expect(fieldRight(shipped, 'driver', 'nothing', word)).toBe('hidden')
  })
})

test('an installation’s own words lie over the shipped ones, word by word', () => {
  const own = {
    mechanic: { fields: { driver: { phone: 'read' as const } }, pipelines: { trade: { sold: 'write' as const } } },
  }
  const policy = laidOver(shipped, own)
  expect(fieldRight(policy, 'mechanic', 'driver', 'phone')).toBe('read')
  expect(fieldRight(policy, 'mechanic', 'driver', 'passport')).toBe('hidden')
  expect(stageRight(policy, 'mechanic', 'trade', 'sold')).toBe('write')
  expect(stageRight(policy, 'mechanic', 'trade', 'new')).toBe('read')
  expect(stageRight(policy, 'driver', 'trade', 'new')).toBe('hidden')
})

test.each([
  [{}, 'vehicles:read', true],
  [{ 'vehicles:*': 'denied' }, 'vehicles.track:read', false],
  [{ 'vehicles:*': 'denied', 'vehicles.track:read': 'allowed' }, 'vehicles.track:read', true],
  [{ '*:change': 'denied' }, 'vehicles:read', true],
  [{ '*:change': 'denied' }, 'vehicles:change', false],
  [{ 'vehicle:*': 'denied' }, 'vehicles:read', true],
  [{ 'vehicles:read': 'allowed', 'vehicles:*': 'denied' }, 'vehicles:read', false],
] as const)('actions %j: %s may be done: %s', (actions, action, may) => {
  expect(mayAct({ manager: { actions } }, 'manager', action)).toBe(may)
})

test.each([
  ['GET', '/api/vehicles/:id/track', 'vehicles.track:read'],
  ['HEAD', '/api/vehicles', 'vehicles:read'],
  ['DELETE', '/api/vehicles/:id/holds/:holdId', 'vehicles.holds:change'],
] as const)('%s %s is %s', (method, url, action) => {
  expect(actionOf(method, url)).toBe(action)
})

test.each([
  ['vehicles:read', 'vehicles.track:read', true],
  ['vehicles:read', 'vehicles.track:change', false],
  ['vehicles:change', 'vehicles.track:read', true],
  ['*:read', 'audit:read', true],
  ['vehicle:read', 'vehicles:read', false],
  ['vehicles.track:read', 'vehicles:read', false],
] as const)('the scope %s covers %s: %s', (scope, action, covered) => {
  expect(isScope(scope)).toBe(true)
  expect(covers(scope, action)).toBe(covered)
})

test('a mask tells the end and not the rest', () => {
  expect(maskedPhone('+7 916 123-45-12')).toBe('+7 ••• ••-12')
  expect(maskedPhone('12')).toBe('•••')
  expect(maskedWord('4509 123456')).toBe('•••56')
  expect(maskedWord('1234')).toBe('•••')
  expect(shown('hidden', 'phone', '+79161234512')).toBeNull()
  expect(shown('read', 'phone', '+79161234512')).toBe('+79161234512')
})
