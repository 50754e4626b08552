import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { advance, type Call, type CallEvent, type Happened, stateOf, talkMs } from '../../../cloud/calls/call.ts'

const event = (phase: CallEvent['phase'], at: number, more: Partial<CallEvent> = {}): CallEvent => ({
  callId: 'c1',
  phase,
  direction: 'in',
  caller: '+79161234567',
  callee: undefined,
  line: undefined,
  extension: undefined,
  source: undefined,
  at,
  answeredAt: undefined,
  recordUrl: undefined,
  ...more,
})
function told(events: readonly CallEvent[]): { readonly call: Call; readonly happened: readonly Happened[] } {
  let call: Call | undefined
  const happened: Happened[] = []
  for (const one of events) {
    const step = advance(call, one)
    call = step.call
    happened.push(...step.happened)
  }
  if (call === undefined) throw new Error('no events')
  return { call, happened }
}

describe('a call', () => {
  test.each([
    [
      'rings, is answered, ends',
      [event('ringing', 1), event('answered', 5), event('ended', 9)],
      'answered',
      ['ringing', 'answered', 'ended'],
      4,
    ],
    ['ends unanswered', [event('ringing', 1), event('ended', 9)], 'missed', ['ringing', 'ended', 'missed'], undefined],
    ['is said to be missed', [event('missed', 9)], 'missed', ['ended', 'missed'], undefined],
    [
      'its end comes first',
      [event('ended', 9, { answeredAt: 5 }), event('ringing', 1)],
      'answered',
      ['answered', 'ended'],
      4,
    ],
    ['is said twice', [event('ringing', 1), event('ringing', 1)], 'ringing', ['ringing'], undefined],
    [
      'goes out and nobody answers',
      [event('ringing', 1, { direction: 'out' }), event('ended', 9, { direction: 'out' })],
      'unanswered',
      ['ringing', 'ended'],
      undefined,
    ],
    [
      'gets its recording later',
      [event('answered', 5), event('ended', 9), event('recorded', 20, { recordUrl: 'https://x/1' })],
      'answered',
      ['answered', 'ended'],
      4,
    ],
  ] as const)('%s', (_name, events, state, happened, talk) => {
    const end = told(events)
    expect(stateOf(end.call)).toBe(state)
    expect(end.happened).toEqual(happened)
    expect(talkMs(end.call)).toBe(talk)
  })

  test('each thing is told at most once, in whatever order and however often it is said', () => {
    const anyEvent = fc
      .tuple(fc.constantFrom('ringing', 'answered', 'ended', 'missed', 'recorded'), fc.integer({ min: 0, max: 100 }))
      .map(([phase, at]) => event(phase, at))
    fc.assert(
      fc.property(fc.array(anyEvent, { minLength: 1, maxLength: 12 }), (events) => {
        const { call, happened } = told(events)
        expect(new Set(happened).size).toBe(happened.length)
        expect(happened.includes('missed')).toBe(call.missedAt !== undefined)
        expect(told([...events, ...events]).happened.filter((word) => word === 'ringing').length).toBeLessThanOrEqual(1)
      }),
      { numRuns: 300 },
    )
  })
})
