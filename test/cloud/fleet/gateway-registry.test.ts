import { describe, expect, test } from 'vitest'
import { GatewayId, VehicleId } from '#contract/ids.ts'
import { epochMs, millis } from '#contract/instant.ts'
import { createClaimAttempts } from '../../../cloud/fleet/claim-attempts.ts'
import { CLAIM_CODE_BYTES, claimCodeFrom, gatewayNameFrom } from '../../../cloud/fleet/claim-code.ts'
import { gatewayRegistry } from '../../../cloud/fleet/gateway-registry.ts'
import type { GatewayRow } from '../../../cloud/postgres/fleet-tables.ts'

const A = GatewayId.parse('gw-aaaaaaaa')
const B = GatewayId.parse('gw-bbbbbbbb')
const CAR = VehicleId.parse('00000000-0000-4000-8000-0000000000aa')
const VAN = VehicleId.parse('00000000-0000-4000-8000-0000000000bb')
const row = (id: GatewayId, vehicleId: VehicleId, more: Partial<GatewayRow> = {}): GatewayRow => ({
  id,
  vehicleId,
  createdAt: epochMs(0),
  createdBy: 'technician',
  claimedAt: epochMs(100),
  revokedAt: null,
  revokedBy: null,
  passwordHash: null,
  certificateSerial: null,
  certificateExpiresAt: null,
  sealChangedAt: null,
  sealedBy: null,
  sealNote: null,
  online: null,
  statusAt: null,
  software: null,
  ...more,
})
const stay = (gatewayId: GatewayId, vehicleId: VehicleId, from: number, until: number | null) => ({
  gatewayId,
  vehicleId,
  fromAt: epochMs(from),
  untilAt: until === null ? null : epochMs(until),
})

describe('vehicleOf: a gateway that moved from car to van at 200, with a gap until 300', () => {
  const registry = gatewayRegistry([row(A, VAN), row(B, CAR)], [stay(A, CAR, 100, 200), stay(A, VAN, 300, null)])
  test.each([
    { name: 'before its first claim', at: 5, expected: CAR },
    { name: 'in the car', at: 150, expected: CAR },
    { name: 'at the moment it left', at: 200, expected: undefined },
    { name: 'in nobody’s', at: 250, expected: undefined },
    { name: 'in the van', at: 300, expected: VAN },
    { name: 'far in the future', at: 9_999_999, expected: VAN },
  ])('$name', ({ at, expected }) => {
    expect(registry.vehicleOf(A, epochMs(at))).toBe(expected)
  })
  test('of a gateway never assigned, and of one unknown', () => {
    expect(registry.vehicleOf(B, epochMs(150))).toBeUndefined()
    expect(registry.vehicleNow(GatewayId.parse('gw-cccccccc'))).toBeUndefined()
  })
})

describe('ofVehicle: the gateway in service before the one that is merely meant', () => {
  const meant = row(B, CAR, { claimedAt: null })
  test.each([
    { name: 'in service', rows: [row(A, CAR), meant], stays: [stay(A, CAR, 100, null)], expected: A, state: 'active' },
    {
      name: 'one revoked, one meant',
      rows: [row(A, CAR, { revokedAt: epochMs(200) }), meant],
      stays: [stay(A, CAR, 100, 200)],
      expected: B,
      state: 'claimable',
    },
    {
      name: 'one revoked',
      rows: [row(A, CAR, { revokedAt: epochMs(200) })],
      stays: [stay(A, CAR, 100, 200)],
      expected: A,
      state: 'revoked',
    },
    { name: 'none', rows: [row(A, VAN)], stays: [stay(A, VAN, 100, null)], expected: undefined, state: undefined },
  ])('$name', ({ rows, stays, expected, state }) => {
    const found = gatewayRegistry(rows, stays).ofVehicle(CAR)
    expect(found?.id).toBe(expected)
    expect(found?.state).toBe(state)
  })
})

test('a seal that was broken is none', () => {
  const seals = [
    { sealedBy: 'ivan', sealChangedAt: epochMs(5) },
    { sealedBy: null, sealChangedAt: epochMs(6) },
  ]
  expect(seals.map((seal) => gatewayRegistry([row(A, CAR, seal)], []).find(A)?.sealed)).toEqual([
    { at: 5, by: 'ivan' },
    null,
  ])
})

test('every letter of a claim code is equally likely, and ids fit their pattern', () => {
  const codes = Array.from({ length: 256 }, (_, byte) => claimCodeFrom(new Uint8Array(CLAIM_CODE_BYTES).fill(byte)))
  const counts = [...Map.groupBy(codes, (code) => code[0]).values()].map((same) => same.length)
  expect(counts).toEqual(Array.from({ length: 32 }, () => 8))
  expect(GatewayId.parse(gatewayNameFrom(crypto.getRandomValues(new Uint8Array(26))))).toHaveLength(29)
})

test('wrong codes from many addresses together are limited too', () => {
  const attempts = createClaimAttempts({ perAddress: 2, together: 3, window: millis(1000) })
  for (const address of ['a', 'b', 'c']) attempts.failed(address, millis(0))
  expect(attempts.mayTry('d', millis(999))).toBe(false)
  expect(attempts.mayTry('d', millis(1000))).toBe(true)
})
