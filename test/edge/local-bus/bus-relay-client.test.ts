import { describe, expect, test } from 'vitest'
import { DeviceId } from '#contract/ids.ts'
import type { Millis } from '#contract/instant.ts'
import { createBusRelayClient } from '../../../edge/local-bus/bus-relay-client.ts'
import type { Reading } from '../../../edge/profile/reading.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { relayUnit } from './garage.ts'

const never = new AbortController().signal

function bench(reach: 'answers' | 'fails' = 'answers') {
  const clock = createManualClock()
  const said: string[] = []
  const voice = (name: string) => ({
    publish: async (topic: string, payload: string): Promise<void> => {
      if (reach === 'fails') throw new Error('the in-car broker is away')
      said.push(`${name} ${topic} ${payload}`)
    },
  })
  const relay = createBusRelayClient({
    ...relayUnit,
    prefix: relayUnit.port.prefix,
    immobilizer: voice('immobilizer'),
    reader: voice('reader'),
    clock,
  })
  const reading = (value: string, quality: Reading['quality'], steadyAt: Millis): Reading => ({
    device: DeviceId.parse('relay'),
    name: 'drive',
    capability: 'relay.drive',
    value,
    quality,
    evidence: true,
    readAt: clock.now(),
    steadyAt,
  })
  const hear = (value: string, quality: Reading['quality'] = 'good'): void =>
    relay.hear([reading(value, quality, clock.steady())])
  return { clock, said, relay, hear, reading }
}

const COMMAND = 'immobilizer shellyplus1-a8032abe/command/switch:0'
const ASK = 'reader shellyplus1-a8032abe/command status_update'

describe('writing', () => {
  test('says the declared word once, with the voice of the immobilizer', async () => {
    const { relay, said } = bench()
    await relay.writeDrive('blocked', never)
    await relay.writeDrive('free', never)
    expect(said).toEqual([`${COMMAND} on`, `${COMMAND} off`])
  })

  test('rejects when nobody took it', async () => {
    const { relay } = bench('fails')
    await expect(relay.writeDrive('blocked', never)).rejects.toThrow('the in-car broker is away')
  })

  test('says nothing when at the last moment it may not', async () => {
    const { relay, said } = bench()
    await expect(relay.writeDrive('blocked', never, () => false)).rejects.toThrow('withheld')
    expect(said).toEqual([])
  })
})

describe('reading back', () => {
  test('the word from after the write counts', async () => {
    const { relay, clock, hear } = bench()
    hear('free')
    await relay.writeDrive('blocked', never)
    await clock.advance(20)
    hear('blocked')
    expect(await relay.readDrive(never)).toEqual({ drive: 'blocked', steadyAt: clock.steady() })
  })

  test('a report that set out before the write is waited out', async () => {
    const { relay, clock, hear } = bench()
    await relay.writeDrive('blocked', never)
    await clock.advance(10)
    hear('free')
    const answer = relay.readDrive(never)
    await clock.advance(300)
    hear('blocked')
    await clock.advance(0)
    expect(await answer).toMatchObject({ drive: 'blocked' })
  })

  test('a relay that stays where it was is told as it is, after the time it has', async () => {
    const { relay, clock, hear } = bench()
    await relay.writeDrive('blocked', never)
    const answer = relay.readDrive(never)
    await clock.advance(500)
    hear('free')
    await clock.advance(500)
    expect(await answer).toMatchObject({ drive: 'free' })
  })

  test('a silent relay is unknown, and its word of before the write proves nothing', async () => {
    const { relay, clock, hear, said } = bench()
    hear('blocked')
    await clock.advance(1)
    await relay.writeDrive('blocked', never)
    const answer = relay.readDrive(never)
    await clock.advance(1000)
    expect(await answer).toMatchObject({ drive: 'unknown', cause: 'timeout' })
    expect(said).toEqual([`${COMMAND} on`, ASK])
  })

  test('without a write it asks, and takes the answer', async () => {
    const { relay, clock, hear, said } = bench()
    const answer = relay.readDrive(never)
    await clock.advance(40)
    hear('free')
    expect(await answer).toMatchObject({ drive: 'free' })
    expect(said).toEqual([ASK])
  })

  test('a word older than a read-back may take is asked for again', async () => {
    const { relay, clock, hear, said } = bench()
    hear('blocked')
    await clock.advance(1001)
    const answer = relay.readDrive(never)
    await clock.advance(1000)
    expect(await answer).toMatchObject({ drive: 'unknown' })
    expect(said).toEqual([ASK])
  })

  test.each(['bad', 'stale', 'uncertain'] as const)(
    'a reading that is %s is no word, and takes back the one before',
    async (quality) => {
      const { relay, clock, hear } = bench()
      hear('blocked')
      hear('blocked', quality)
      const answer = relay.readDrive(never)
      await clock.advance(1000)
      expect(await answer).toMatchObject({ drive: 'unknown' })
    },
  )

  test('readings of other devices and names are not its own', async () => {
    const { relay, clock, reading } = bench()
    relay.hear([
      { ...reading('blocked', 'good', clock.steady()), device: DeviceId.parse('other') },
      { ...reading('blocked', 'good', clock.steady()), name: 'input' },
    ])
    const answer = relay.readDrive(never)
    await clock.advance(1000)
    expect(await answer).toMatchObject({ drive: 'unknown' })
  })

  test('ends at once when the gateway stops', async () => {
    const { relay } = bench()
    const stop = new AbortController()
    const answer = relay.readDrive(stop.signal)
    stop.abort()
    expect(await answer).toMatchObject({ drive: 'unknown' })
  })
})

test('an experimental profile drives nothing', () => {
  const profile = { ...relayUnit.profile, status: 'experimental' as const }
  const voice = { publish: async () => undefined }
  const deps = { ...relayUnit, profile, prefix: 'x', immobilizer: voice, reader: voice, clock: createManualClock() }
  expect(() => createBusRelayClient(deps)).toThrow(/experimental and drives no relay/)
})
