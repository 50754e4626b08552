import { setTimeout as wait } from 'node:timers/promises'
import { adviceFor } from './advice.ts'
import type { Service } from './service-client.ts'
import { Readings, RelayTest, View } from './service-words.ts'
import type { Finding } from './step.ts'

type Say = (line: string) => void
/** What the person at the car saw; undefined when nobody can be asked. */
export type AskPerson = (question: string) => Promise<'yes' | 'no'>

const LOOK_MS = 100
const DRIFT_MS = 60_000
const MOST_DRIFT_M = 15
const PATIENCE_MS = 300_000
const BOUNCE_MS = 500

const readings = async (service: Service): Promise<Readings> =>
  Readings.parse((await service.ask('GET', '/readings')).body)
export const viewOf = async (service: Service): Promise<View> => View.parse((await service.ask('GET', '/view')).body)

const good = (name: string, fact: string): Finding => ({ name, state: 'good', fact })
const bad = (name: string, fact: string): Finding => ({ name, state: 'bad', fact })

type Spot = { readonly lat: number; readonly lon: number; readonly at: number }

/** Pure. Metres between two spots near each other. */
export function metresBetween(a: Spot, b: Spot): number {
  const radians = Math.PI / 180
  const east = (b.lon - a.lon) * Math.cos(((a.lat + b.lat) / 2) * radians)
  return Math.hypot(east, b.lat - a.lat) * radians * 6_371_000
}

/** A fix, floats in a known order, and a minute of standing still that stays within fifteen metres. */
export async function checkGps(service: Service, say: Say): Promise<readonly Finding[]> {
  const began = (await readings(service)).steady
  const spots: Spot[] = []
  for (;;) {
    const { steady, readings: now } = await readings(service)
    const of = (capability: string) => now.find((one) => one.capability === capability)
    const [lat, lon] = [of('position.lat'), of('position.lon')]
    if (lat === undefined || lon === undefined) {
      if (steady - began > DRIFT_MS) return [bad('fix', 'no installed device tells a position')]
    } else if (
      typeof lat.value === 'number' &&
      typeof lon.value === 'number' &&
      lat.quality === 'good' &&
      lon.quality === 'good'
    )
      spots.push({ lat: lat.value, lon: lon.value, at: steady - lat.ageMs })
    const last = spots.at(-1)
    if (last === undefined || steady - last.at > FIX_GAP_MS) {
      spots.length = 0
      say(`no good fix: ${adviceFor(lat?.reason)}`)
      if (steady - began > PATIENCE_MS)
        return [bad('fix', `none within ${PATIENCE_MS / 60_000} minutes (${adviceFor(lat?.reason)})`)]
    } else {
      const span = last.at - (spots[0]?.at ?? last.at)
      say(`standing for ${Math.round(span / 1000)} of ${DRIFT_MS / 1000} s`)
      if (span >= DRIFT_MS) return judged(spots)
    }
    await wait(LOOK_MS)
  }
}

const FIX_GAP_MS = 10_000

function judged(spots: readonly Spot[]): readonly Finding[] {
  const mean = {
    lat: spots.reduce((sum, { lat }) => sum + lat, 0) / spots.length,
    lon: spots.reduce((sum, { lon }) => sum + lon, 0) / spots.length,
    at: 0,
  }
  const drift = Math.max(...spots.map((spot) => metresBetween(mean, spot)))
  const fact = `${drift.toFixed(1)} m in ${DRIFT_MS / 1000} s`
  return [
    good('fix', `${new Set(spots.map(({ at }) => at)).size} good fixes, float order known`),
    drift > MOST_DRIFT_M ? bad('drift', fact) : good('drift', fact),
  ]
}

/** The key on and off, twice, each edge once: a contact that bounces shows more. */
export async function checkIgnition(service: Service, say: Say): Promise<readonly Finding[]> {
  const edges: { to: boolean; at: number }[] = []
  let level: boolean | undefined
  const began = (await readings(service)).steady
  for (;;) {
    const { steady, readings: now } = await readings(service)
    const told = now.find(({ capability }) => capability === 'ignition')
    if (told === undefined && steady - began > DRIFT_MS) return [bad('ignition', 'no reading is bound as ignition')]
    if (told?.quality === 'good' && typeof told.value === 'boolean') {
      if (level !== undefined && told.value !== level) edges.push({ to: told.value, at: steady - told.ageMs })
      level = told.value
    }
    const turns = edges.filter(({ to }) => !to).length
    if (turns >= 2 && edges.length >= 4 && steady - (edges.at(-1)?.at ?? steady) > BOUNCE_MS * 2)
      return judgedEdges(edges)
    const deaf =
      told === undefined || told.quality === 'good' ? undefined : `the input is not heard: ${adviceFor(told.reason)}`
    // An input that says on before anybody turned anything may be the wrong one, or inverted: the key itself knows.
    const doubt =
      level === true && edges.length === 0 ? '; if it is off already, this is another input, or it is inverted' : ''
    say(deaf ?? `turn the key ${level === true ? 'off' : 'on'} (${turns} of 2 done)${doubt}`)
    if (steady - began > PATIENCE_MS)
      return [
        bad('ignition', deaf ?? `${edges.length} of 4 edges within ${PATIENCE_MS / 60_000} minutes. Is it this input?`),
      ]
    await wait(LOOK_MS)
  }
}

function judgedEdges(edges: readonly { to: boolean; at: number }[]): readonly Finding[] {
  const bounces = edges.filter((edge, index) => index > 0 && edge.at - (edges[index - 1]?.at ?? 0) < BOUNCE_MS).length
  return [
    edges.length === 4
      ? good('ignition', 'on and off, twice')
      : bad('ignition', `${edges.length} edges for four turns of the key`),
    bounces === 0 ? good('bounce', 'none') : bad('bounce', `${bounces} edges within ${BOUNCE_MS} ms of another`),
  ]
}

/**
 * The relay blocks and frees, by its own read-back, and the engine follows. This side only asks: the service blocks when
 * its interlock lets it, and frees by itself when nobody does.
 */
export async function checkRelay(service: Service, by: string, ask: AskPerson, say: Say): Promise<readonly Finding[]> {
  const step = async (wish: 'block' | 'free'): Promise<RelayTest> =>
    RelayTest.parse((await service.ask('POST', '/relay-test', { step: wish, by })).body)
  const reach = async (wanted: 'blocked' | 'freed'): Promise<RelayTest> => {
    for (;;) {
      const now = RelayTest.parse((await service.ask('GET', '/relay-test')).body)
      say(`${now.state}${now.reason === undefined ? '' : `: ${adviceFor(now.reason)}`}`)
      if (now.state === wanted || now.state === 'failed' || now.state === 'idle') return now
      await wait(LOOK_MS)
    }
  }
  const began = await step('block')
  const blocked = began.state === 'failed' ? began : await reach('blocked')
  if (blocked.state !== 'blocked') return [bad('block', `not read back: ${adviceFor(blocked.reason ?? blocked.state)}`)]
  const cranked = await ask('Blocked. Turn the key to start: does the engine crank?')
  await step('free')
  const freed = await reach('freed')
  const found = [
    good('block', 'read back'),
    cranked === 'no' ? good('start while blocked', 'no cranking') : bad('start while blocked', 'the engine cranks'),
  ]
  if (freed.state !== 'freed')
    return [...found, bad('release', `not read back: ${adviceFor(freed.reason ?? freed.state)}`)]
  const free = await ask('Freed. Turn the key to start: does the engine crank?')
  const unpowered = await ask(
    'Pull the fuse of gateway and relay, then turn the key: does the engine crank? Put the fuse back.',
  )
  return [
    ...found,
    good('release', 'read back'),
    free === 'yes' ? good('start while free', 'cranks') : bad('start while free', 'the engine does not crank'),
    unpowered === 'yes'
      ? good('start without power', 'cranks')
      : bad('start without power', 'a dead gateway would block the car'),
  ]
}
