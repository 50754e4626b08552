import { afterAll, beforeAll, expect, test } from 'vitest'
import { GatewayId, Seq, StreamId, type VehicleId } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import { parseRecord } from '#contract/record.ts'
import { outageReads, zoneReads } from '../../../cloud/rules/zone-reads.ts'
import { createZones, type Zones } from '../../../cloud/zones/app.ts'
import type { GoodFix } from '../../../cloud/zones/good-fix.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { addLease, createRuleHouse, never, type RuleHouse, standingHolds } from '../../support/rule-house.ts'
import { silentLog } from '../../support/silent-log.ts'
import { createSqlDatabase, migrated, type SqlDatabase } from '../../support/sql-databases.ts'
import { readTrace } from '../../support/trace.ts'
import {
  BORDER,
  fixOf,
  homeOf,
  RECEPTIONS,
  REGION,
  type Reception,
  received,
  START,
  straightOver,
  trulyOutSince,
} from '../../support/zone-drive.ts'

// From the frame to the hold: the journal's entries through the zones, their event, the shipped rules and the real border.

const STREAM = StreamId.parse('1b0e7b1c-8f5e-4a63-9d9a-1d1a6a3f7f22')
const clock = createManualClock()
const seats = new Map<string, VehicleId>()
let database: SqlDatabase
let postgres: Awaited<ReturnType<typeof migrated>>
let house: RuleHouse
let zones: Zones
let stirred = false

beforeAll(async () => {
  database = await createSqlDatabase('PGlite')
  postgres = await migrated(database)
  house = await createRuleHouse(postgres, { clock, only: /^zone_/ })
  const { rules, policies, jobs } = house
  const number = async (name: string) => Number((await policies.service.get(name)).value)
  zones = createZones({
    ...postgres,
    world: { clock, log: silentLog, uuid: () => crypto.randomUUID(), randomBytes: (n) => new Uint8Array(n) },
    jobs,
    settings: async () => ({
      exitFixes: await number('zoneExitFixes'),
      exitOf: await number('zoneExitOf'),
      marginM: await number('zoneMarginM'),
    }),
    states: 'own',
    lines: () => [],
    vehicleOf: (gateway) => seats.get(gateway),
    emit: (event, within) => {
      stirred = true
      return rules.emit(event, within)
    },
    changed: () => {
      stirred = true
    },
    alert: () => {},
  })
  rules.ports.read('zone_state', zoneReads(zones.trustedIn))
  rules.ports.read('area_outage', outageReads(zones.areaOutageOf))
  rules.ports.permit('leave_zone', zones.leavePermit)
  await zones.open()
}, 60_000)
afterAll(() => database.close())

/** Plays the fixes of one new car as the frames that a gateway which doubts nothing sends; answers when holds were placed. */
async function play(fixes: readonly GoodFix[], everyS: number): Promise<readonly number[]> {
  const { vehicleId } = await addLease(postgres)
  const gateway = GatewayId.parse(`gw-${vehicleId.slice(0, 8)}`)
  seats.set(gateway, vehicleId)
  const begins = clock.now() + 3_600_000
  const first = fixes[0]?.at ?? 0
  const placedAt: number[] = []
  let [seq, from] = [0, 0]
  while (from < fixes.length) {
    const head = Math.max(clock.now(), begins + (fixes[from]?.at ?? 0) - first)
    const heardAt = epochMs(head + everyS * 1000)
    await clock.advance(Math.max(0, heardAt - clock.now()))
    const entries = []
    for (; from < fixes.length; from += 1) {
      const fix = fixes[from]
      if (fix === undefined || begins + fix.at - first > heardAt) break
      const { at, lat, lon, accuracyM, odometerKm } = fix
      const readAt = begins + at - first
      const place = { lat, lon, accuracyM, ...(odometerKm === undefined ? {} : { odometerKm }) }
      const trust = { timeQuality: 'gnss', fix: '3d', gnssTrust: 'ok', relay: 'closed' }
      const parsed = parseRecord({ kind: 'frame', readAt, ...trust, ...place })
      if ('refused' in parsed) throw new Error(parsed.refused)
      seq += 1
      const receivedAt = heardAt
      entries.push({ position: seq, gateway, stream: STREAM, seq: Seq.parse(seq), receivedAt, record: parsed.record })
    }
    stirred = false
    await zones.projection.apply(entries)
    if (!stirred) continue
    await house.rules.service.sweep(never)
    await house.work()
    await house.rules.carryOut(never)
    if ((await standingHolds(postgres, vehicleId)).includes('zone') && placedAt.length === 0)
      placedAt.push((heardAt - begins) / 1000)
  }
  await clock.advance(6 * 60_000)
  await house.turn()
  if ((await standingHolds(postgres, vehicleId)).length > placedAt.length) placedAt.push(Number.NaN)
  const ever = await postgres.db.selectFrom('holds').select('id').where('vehicleId', '=', vehicleId).execute()
  expect(ever.length).toBe(placedAt.length)
  return placedAt
}

/** Inside the region, as near to its border as a circle of that radius fits: what leaps out of the circle may leap out of the region. */
function nearBorder(radiusM: number, bearing: number): { readonly lat: number; readonly lon: number } | undefined {
  const at = (km: number) => ({
    lat: 55.75 + (km / 111.2) * Math.cos(bearing),
    lon: 37.62 + (km / 62.6) * Math.sin(bearing),
  })
  const fits = (km: number) => {
    const { lat, lon } = at(km)
    return REGION.inside(lon, lat) && REGION.borderDistanceM(lon, lat, radiusM) === Infinity
  }
  if (!fits(0)) return undefined
  let km = 0
  while (km < 200 && fits(km + 0.5)) km += 0.5
  return at(km)
}

test('no wrong hold on any data set of spoofs, drop-outs and jumps, each laid so that its false places lie over the border', async () => {
  const wrong: string[] = []
  let [played, outside] = [0, 0]
  for (const [id, rows] of readTrace('moscow-spoof-synthetic')) {
    // As it is, and moved so that the false place, 28 km south-west of the true one, lies just beyond the border.
    const shifts = [{ lat: 0, lon: 0 }]
    for (const [n, [lon, lat]] of BORDER.entries()) {
      if (n % 60 !== 0 || shifts.length > 2) continue
      const shift = { lat: lat - 55.596 - 0.02, lon: lon - 37.267 - 0.04 }
      const truly = rows.filter(({ truth }) => truth?.spoofed !== true).flatMap((row) => fixOf(row, shift))
      const isFalseOut = !REGION.inside(37.267 + shift.lon, 55.596 + shift.lat)
      if (isFalseOut && truly.every((fix) => REGION.inside(fix.lon, fix.lat))) shifts.push(shift)
    }
    for (const shift of shifts) {
      const fixes = rows.flatMap((row) => fixOf(row, shift))
      played += 1
      if (fixes.some(({ lat, lon }) => !REGION.inside(lon, lat))) outside += 1
      if ((await play(fixes, 20)).length > 0) wrong.push(`${id} ${JSON.stringify(shift)}`)
    }
  }
  for (const file of ['phones', 'bus-liverpool', 'bus-limerick', 'car-munich'] as const)
    for (const [index, [id, rows]] of [...readTrace(file)].entries()) {
      const fixes = rows.flatMap((row) => fixOf(row)).filter(({ at }) => Number.isFinite(at))
      const home = homeOf(fixes)
      const place = nearBorder(home.radiusM, index)
      if (place === undefined) continue
      const squeeze = Math.cos((home.lat * Math.PI) / 180) / Math.cos((place.lat * Math.PI) / 180)
      const moved = fixes.map((fix) => ({
        ...fix,
        lat: place.lat + fix.lat - home.lat,
        lon: place.lon + (fix.lon - home.lon) * squeeze,
      }))
      played += 1
      if (moved.some(({ lat, lon }) => !REGION.inside(lon, lat))) outside += 1
      if ((await play(moved, 60)).length > 0) wrong.push(`${file} ${id}`)
    }
  expect(wrong).toEqual([])
  // It is a proof only if the receivers did say that they were outside.
  expect(played).toBeGreaterThan(40)
  expect(outside).toBeGreaterThan(5)
}, 600_000)

test('a true drive over the real border is held within three minutes', async () => {
  const late: object[] = []
  let crossings = 0
  for (let corner = 5; corner < 12_000 && crossings < 12; corner += 331) {
    const kmh = 20 + (crossings % 12) * 10
    const truth = straightOver(corner, kmh)
    const reception: Reception | undefined = {
      every: 5,
      noiseM: 6,
      lost: 0,
      dropOut: 0,
      odometer: 'fine',
      ...RECEPTIONS[crossings % RECEPTIONS.length],
      seed: corner,
    }
    if (truth === undefined) continue
    const outAt = trulyOutSince(REGION, truth, Math.max(3, reception.noiseM * 1.5))
    const fixes = received(truth, reception)
    const [first] = fixes
    if (outAt === undefined || first === undefined) continue
    if (!REGION.inside(first.lon, first.lat) || REGION.borderDistanceM(first.lon, first.lat, 200) < 200) continue
    crossings += 1
    const [heldAt] = await play(fixes, 5)
    const startedAt = (first.at - START) / 1000
    if (heldAt === undefined || !(heldAt + startedAt <= outAt + 180)) late.push({ corner, kmh, outAt, heldAt })
  }
  expect(late).toEqual([])
  expect(crossings).toBe(12)
}, 600_000)
