import { describe, expect, test } from 'vitest'
import { GatewayId } from '#contract/ids.ts'
import { epochMs, minutes } from '#contract/instant.ts'
import type { HoldReason } from '#contract/order.ts'
import { blockAbility } from '../../../cloud/holds/can-block.ts'
import { type NewestOrder, type Situation, wantedOrder } from '../../../cloud/holds/hold.ts'
import { immobilizerState } from '../../../cloud/holds/immobilizer-state.ts'

const NOW = epochMs(1_795_289_123_456)
const PACE = { blockRetry: minutes(10), unblockRetry: minutes(1) }
const OURS = GatewayId.parse('gw-aaaaaaaa')
const FORMER = GatewayId.parse('gw-bbbbbbbb')
const ago = (time: number) => epochMs(NOW - time)

const order = (
  action: NewestOrder['action'],
  state: NewestOrder['state'],
  more: Partial<NewestOrder> = {},
): NewestOrder => ({
  action,
  state,
  at: ago(1000),
  by: 'gateway',
  reason: null,
  relay: null,
  gatewayId: OURS,
  heard: true,
  closedAt: ['verified', 'failed', 'refused', 'expired', 'superseded'].includes(state) ? ago(1000) : null,
  ...more,
})
const can = blockAbility({ state: 'active', sealed: {} })
const cannot = blockAbility({ state: 'active', sealed: null })
const held: readonly HoldReason[] = ['zone', 'manual', 'zone']
const base: Situation = {
  reasons: [],
  grace: 'none',
  gateway: { id: OURS, online: true },
  ability: can,
  newest: undefined,
  relay: undefined,
}
const block = { order: 'block', reasons: ['zone', 'manual'] }
const unblock = { order: 'unblock', reasons: [] }
const none = { order: 'none' }

const relay = (word: 'open' | 'closed' | 'unknown', time = 0) => ({ word, at: ago(time) })
const online = { gateway: { id: OURS, online: true } }
const away = { gateway: { id: OURS, online: false } }
const old = { at: ago(700_000), closedAt: ago(700_000) }

describe('where no start is ever forbidden', () => {
  test.each([
    { name: 'no block begins', with: {}, expected: none },
    { name: 'nor anew after one that came to nothing', with: { newest: order('block', 'expired') }, expected: none },
    { name: 'one that waits is called off', with: { newest: order('block', 'waiting') }, expected: unblock },
    { name: 'one that was only sent, too', with: { newest: order('block', 'sent') }, expected: unblock },
    { name: 'one that is being carried out is not', with: { newest: order('block', 'executing') }, expected: none },
    { name: 'a car blocked elsewhere stays so', with: { newest: order('block', 'verified') }, expected: none },
    {
      name: 'a grace frees as everywhere',
      with: { grace: 'running' as const, newest: order('block', 'verified') },
      expected: unblock,
    },
    {
      name: 'without holds it is freed as everywhere',
      with: { reasons: [], newest: order('block', 'verified') },
      expected: unblock,
    },
  ])('$name', ({ with: more, expected }) => {
    const situation: Situation = { ...base, reasons: held, place: 'never-block', ...more }
    expect(wantedOrder(situation, PACE, NOW)).toEqual(expected)
  })
})

describe('while holds stand', () => {
  test.each([
    { name: 'never ordered', with: {}, expected: block },
    { name: 'never ordered, not commissioned', with: { ability: cannot }, expected: none },
    { name: 'no gateway', with: { gateway: undefined }, expected: none },
    { name: 'last freed', with: { newest: order('unblock', 'verified') }, expected: block },
    { name: 'an unblock still open', with: { newest: order('unblock', 'sent') }, expected: block },
    { name: 'a block is open', with: { newest: order('block', 'waiting') }, expected: none },
    {
      name: 'a block is open, at a former gateway',
      with: { newest: order('block', 'sent', { gatewayId: FORMER }) },
      expected: block,
    },
    { name: 'blocked', with: { newest: order('block', 'verified'), relay: relay('open') }, expected: none },
    { name: 'blocked, no word since', with: { newest: order('block', 'verified') }, expected: none },
    {
      name: 'blocked, read free a moment later',
      with: { newest: order('block', 'verified'), relay: relay('closed', -3000) },
      expected: none,
    },
    {
      name: 'blocked, read free before',
      with: { newest: order('block', 'verified', old), relay: relay('closed', 800_000) },
      expected: none,
    },
    {
      name: 'closed again, though the gateway’s clock ran ahead when it blocked',
      with: { newest: order('block', 'verified', { ...old, at: ago(-34_560_000_000) }), relay: relay('closed') },
      expected: block,
    },
    {
      name: 'blocked long ago, read free since',
      with: { newest: order('block', 'verified', old), relay: relay('closed') },
      expected: block,
    },
    {
      name: 'blocked just now, read free since',
      with: { newest: order('block', 'verified', { at: ago(60_000), closedAt: ago(60_000) }), relay: relay('closed') },
      expected: { order: 'later', at: ago(-540_000) },
    },
    { name: 'the block expired', with: { newest: order('block', 'expired') }, expected: block },
    {
      name: 'the block expired unheard, connection unknown',
      with: { newest: order('block', 'expired', { heard: false }), gateway: { id: OURS, online: null } },
      expected: block,
    },
    {
      name: 'the block expired unheard, vehicle away',
      with: { newest: order('block', 'expired', { heard: false }), ...away },
      expected: none,
    },
    {
      name: 'the block expired unheard, vehicle back',
      with: { newest: order('block', 'expired', { heard: false }), ...online },
      expected: block,
    },
    {
      name: 'the block expired while waiting, vehicle away',
      with: { newest: order('block', 'expired'), ...away },
      expected: block,
    },
    {
      name: 'the block failed just now',
      with: { newest: order('block', 'failed') },
      expected: { order: 'later', at: ago(1000 - 600_000) },
    },
    { name: 'the block failed long ago', with: { newest: order('block', 'failed', old) }, expected: block },
    {
      name: 'the block was refused',
      with: { newest: order('block', 'refused') },
      expected: { order: 'later', at: ago(1000 - 600_000) },
    },
  ])('$name → $expected.order', ({ with: facts, expected }) => {
    expect(wantedOrder({ ...base, reasons: held, ...facts }, PACE, NOW)).toEqual(expected)
  })
})

describe('while a grace runs', () => {
  test.each([
    { name: 'blocked', with: { newest: order('block', 'verified'), relay: relay('open') }, expected: unblock },
    { name: 'a block waiting', with: { newest: order('block', 'waiting') }, expected: unblock },
    { name: 'freed', with: { newest: order('unblock', 'verified'), relay: relay('closed') }, expected: none },
    { name: 'never ordered', with: {}, expected: none },
  ])('$name, though holds stand → $expected.order', ({ with: facts, expected }) => {
    expect(wantedOrder({ ...base, reasons: held, grace: 'running', ...facts }, PACE, NOW)).toEqual(expected)
  })
})

describe('when no hold stands', () => {
  test.each([
    { name: 'never ordered, nothing known', with: {}, expected: none },
    { name: 'never ordered, reads free', with: { relay: relay('closed') }, expected: none },
    { name: 'never ordered, reads blocked', with: { relay: relay('open') }, expected: unblock },
    { name: 'no gateway', with: { gateway: undefined, relay: relay('open') }, expected: none },
    {
      name: 'a block merely asked for',
      with: { newest: order('block', 'created', { heard: false }) },
      expected: unblock,
    },
    { name: 'a block waiting', with: { newest: order('block', 'waiting') }, expected: unblock },
    { name: 'blocked', with: { newest: order('block', 'verified'), relay: relay('open') }, expected: unblock },
    {
      name: 'blocked, not commissioned any more',
      with: { newest: order('block', 'verified'), ability: cannot },
      expected: unblock,
    },
    { name: 'an unblock is open', with: { newest: order('unblock', 'sent') }, expected: none },
    { name: 'freed', with: { newest: order('unblock', 'verified'), relay: relay('closed') }, expected: none },
    {
      name: 'freed long ago, reads blocked since',
      with: { newest: order('unblock', 'verified', old), relay: relay('open') },
      expected: unblock,
    },
    {
      name: 'the unblock failed just now',
      with: { newest: order('unblock', 'failed') },
      expected: { order: 'later', at: ago(1000 - 60_000) },
    },
    { name: 'the unblock failed a while ago', with: { newest: order('unblock', 'failed', old) }, expected: unblock },
    {
      name: 'blocked by a former gateway, the new one reads free',
      with: { newest: order('block', 'verified', { gatewayId: FORMER }), relay: relay('closed') },
      expected: none,
    },
  ])('$name → $expected.order', ({ with: facts, expected }) => {
    expect(wantedOrder({ ...base, ...facts }, PACE, NOW)).toEqual(expected)
  })
})

test.each([
  { gateway: undefined, whyNot: 'no-gateway' },
  { gateway: { state: 'claimable', sealed: null }, whyNot: 'gateway-not-claimed' },
  { gateway: { state: 'revoked', sealed: {} }, whyNot: 'gateway-revoked' },
  { gateway: { state: 'active', sealed: null }, whyNot: 'not-commissioned' },
  { gateway: { state: 'active', sealed: {} }, whyNot: null },
] as const)('blockAbility: $gateway.state, sealed $gateway.sealed → $whyNot', ({ gateway, whyNot }) => {
  expect(blockAbility(gateway)).toEqual({ canBlock: whyNot === null, whyNot })
})

test.each([
  { relay: 'unknown', newest: order('block', 'verified'), expected: 'unknown' },
  { relay: 'closed', newest: undefined, expected: 'permitted' },
  { relay: 'closed', newest: order('block', 'created'), expected: 'permitted' },
  { relay: 'closed', newest: order('block', 'sent'), expected: 'permitted' },
  { relay: 'closed', newest: order('block', 'received'), expected: 'blockWaiting' },
  { relay: 'closed', newest: order('block', 'waiting'), expected: 'blockWaiting' },
  { relay: 'closed', newest: order('block', 'executing'), expected: 'blockWaiting' },
  { relay: 'closed', newest: order('block', 'expired'), expected: 'permitted' },
  { relay: 'closed', newest: order('unblock', 'executing'), expected: 'permitted' },
  { relay: 'open', newest: undefined, expected: 'blocked' },
  { relay: 'open', newest: order('block', 'executing'), expected: 'blocked' },
  { relay: 'open', newest: order('unblock', 'sent'), expected: 'blocked' },
  { relay: 'open', newest: order('unblock', 'received'), expected: 'unblockWaiting' },
  { relay: 'open', newest: order('unblock', 'verified'), expected: 'blocked' },
] as const)(
  'immobilizerState: relay $relay, $newest.action $newest.state → $expected',
  ({ relay: word, newest, expected }) => {
    expect(immobilizerState(word, newest)).toBe(expected)
  },
)
