import { afterEach, expect, test } from 'vitest'
import { runBrokerLoop } from '../../../edge/local-bus/broker-loop.ts'
import type { ToBroker } from '../../../edge/local-bus/broker-process.ts'
import type { BrokerListener } from '../../../edge/local-bus/broker-process-client.ts'
import { planBus } from '../../../edge/local-bus/bus-access.ts'
import { createManualClock } from '../../support/manual-clock.ts'

const { plan } = planBus([])
const secrets = { reader: 'r', immobilizer: 'i' }
let stop = new AbortController()
afterEach(() => {
  stop.abort()
  stop = new AbortController()
})

function supervised() {
  const clock = createManualClock()
  const events: string[] = []
  const ports: (number | undefined)[] = []
  const lives: { listener: BrokerListener; told: ToBroker['kind'][]; killed: boolean }[] = []
  const write = (_: object, event: string): void => void events.push(event)
  const done = runBrokerLoop(
    {
      plan,
      secrets,
      clock,
      log: { debug: write, info: write, warn: write, error: write },
      onPort: (port) => ports.push(port),
      start: (listener) => {
        const life = { listener, told: [] as ToBroker['kind'][], killed: false }
        lives.push(life)
        return {
          pid: lives.length,
          tell: ({ kind }) => void life.told.push(kind),
          kill: () => {
            life.killed = true
            listener.ended('SIGKILL')
          },
        }
      },
    },
    stop.signal,
  )
  return { clock, events, ports, lives, done }
}

test('begins with the whole plan, and tells the port once it listens', async () => {
  const { lives, ports, events } = supervised()
  expect(lives.map(({ told }) => told)).toEqual([['begin']])
  lives[0]?.listener.said({ kind: 'listening', port: 1883 })
  expect([ports, events]).toEqual([[1883], ['local-bus.listening']])
})

test('a broker that dies is started again, each time after a longer pause', async () => {
  const { clock, lives, ports } = supervised()
  const births: number[] = [0]
  for (const pause of [250, 1000, 5000, 15_000, 30_000, 30_000]) {
    lives.at(-1)?.listener.ended('exit code 1')
    await clock.advance(0)
    await clock.advance(pause - 1)
    births.push(lives.length)
    await clock.advance(1)
  }
  // One life more after each pause, and none a millisecond before.
  expect(births).toEqual([0, 1, 2, 3, 4, 5, 6])
  expect(lives).toHaveLength(7)
  expect(new Set(ports)).toEqual(new Set([undefined]))
})

test('a broker that had settled is started again at once', async () => {
  const { clock, lives } = supervised()
  for (let death = 0; death < 3; death += 1) {
    lives.at(-1)?.listener.said({ kind: 'listening', port: 1883 })
    for (let minute = 0; minute < 13; minute += 1) {
      await clock.advance(5000)
      lives.at(-1)?.listener.said({ kind: 'pong' })
    }
    lives.at(-1)?.listener.ended('SIGSEGV')
    await clock.advance(0)
    await clock.advance(250)
  }
  expect(lives).toHaveLength(4)
})

test('a broker that is there and answers nothing is ended', async () => {
  const { clock, lives, events } = supervised()
  lives[0]?.listener.said({ kind: 'listening', port: 1883 })
  await clock.advance(60_000)
  expect(lives[0]?.killed).toBe(false)
  expect(lives[0]?.told.filter((kind) => kind === 'ping')).toHaveLength(6)
  await clock.advance(10_000)
  expect(lives[0]?.killed).toBe(true)
  expect(events).toContain('local-bus.stuck')
  await clock.advance(250)
  expect(lives).toHaveLength(2)
})

test('what the broker has to say stands in the log of the gateway', async () => {
  const { lives, events } = supervised()
  lives[0]?.listener.said({ kind: 'log', level: 'warn', fields: { user: 'x' }, event: 'local-bus.refused' })
  expect(events).toEqual(['local-bus.refused'])
})

test('the gateway stops, and its broker with it', async () => {
  const { lives, done } = supervised()
  stop.abort()
  await done
  expect(lives.map(({ killed }) => killed)).toEqual([true])
})
