import { readFileSync } from 'node:fs'
import type { Gateway } from '../../../../cloud/console/api/gateway.ts'
import type { TrackPoint } from '../../../../cloud/console/api/track.ts'
import type { Hold, ImmobilizerState, Order, Vehicle } from '../../../../cloud/console/api/vehicle.ts'

type Row = {
  readonly plate: string
  readonly model: string
  readonly at: readonly [number, number]
  readonly speedKmh?: number
  readonly headingDeg?: number
  readonly ageS?: number
  readonly state?: ImmobilizerState
  readonly trust?: 'ok' | 'suspect' | 'jammed'
  readonly inside?: boolean | null
  readonly online?: boolean | null
  readonly sealed?: boolean
  readonly reasons?: readonly Hold['reason'][]
}

/** A small park with one car of every kind that the console must tell apart. */
const ROWS: readonly Row[] = [
  { plate: 'А123ВС777', model: 'Kia Rio', at: [37.6175, 55.7631], speedKmh: 43, headingDeg: 60 },
  { plate: 'В204ЕК799', model: 'Hyundai Solaris', at: [37.5561, 55.7152], speedKmh: 61, headingDeg: 210 },
  { plate: 'Е317КМ777', model: 'Skoda Rapid', at: [37.6522, 55.7306] },
  { plate: 'К440МН797', model: 'Kia K5', at: [37.4969, 55.8104], state: 'blocked', reasons: ['balance', 'zone'] },
  {
    plate: 'М512НО777',
    model: 'Geely Emgrand',
    at: [37.7047, 55.6791],
    speedKmh: 38,
    headingDeg: 320,
    state: 'blockWaiting',
    reasons: ['manual'],
  },
  { plate: 'Н608ОР750', model: 'Lada Vesta', at: [37.2615, 55.5915], trust: 'suspect', speedKmh: 0 },
  { plate: 'О733РС777', model: 'Hyundai Sonata', at: [37.7412, 55.7902], ageS: 7400, online: false },
  {
    plate: 'Р815СТ799',
    model: 'Haval Jolion',
    at: [36.2754, 54.5293],
    inside: false,
    state: 'blocked',
    reasons: ['zone'],
  },
  { plate: 'С921ТУ777', model: 'Kia Rio', at: [37.5895, 55.7744], state: 'unblockWaiting' },
  {
    plate: 'Т036УХ797',
    model: 'Chery Tiggo 4',
    at: [37.6403, 55.8211],
    state: 'unknown',
    online: null,
    ageS: 300_000,
    sealed: false,
  },
  { plate: 'У148ХА777', model: 'Toyota Camry', at: [37.6089, 55.7411], speedKmh: 22, headingDeg: 140 },
  { plate: 'Х259АВ799', model: 'Skoda Octavia', at: [37.4382, 55.8869] },
]

const iso = (ms: number): string => new Date(ms).toISOString()
const idOf = (index: number): string => `0192f0c1-7a00-7000-8000-${String(index + 1).padStart(12, '0')}`
const gatewayOf = (index: number): string =>
  `gw-demo${String(index + 1)
    .padStart(8, '0')
    .replace(/[01]/g, 'a')}${index + 2}`

export function orderOf(vehicleId: string, change: Partial<Order>, now: number): Order {
  return {
    id: `order-${vehicleId.slice(-3)}`,
    vehicleId,
    gatewayId: 'gw-demoaaaaaaaa',
    seq: 7,
    action: 'block',
    reasons: ['manual'],
    state: 'sent',
    reason: null,
    issuedAt: iso(now - 50_000),
    notAfter: iso(now + 850_000),
    by: 'user:manager',
    steps: [],
    ...change,
  }
}

const holdOf = (vehicleId: string, reason: Hold['reason'], now: number): Hold => ({
  id: `hold-${vehicleId.slice(-3)}-${reason}`,
  vehicleId,
  reason,
  note: reason === 'zone' ? null : 'Водитель предупреждён утром, согласовано с руководителем',
  placedBy:
    reason === 'zone'
      ? { kind: 'rule', id: 'zone', name: 'Выезд из зоны' }
      : { kind: 'user', id: 'u1', name: 'Ольга Менеджер' },
  placedAt: iso(now - 4_200_000),
  liftedAt: null,
  liftedBy: null,
  liftNote: null,
  orderId: null,
})

function newestOrder(row: Row, vehicleId: string, now: number): Order | null {
  const reason = 'moving'
  const steps = [
    { state: 'created' as const, at: iso(now - 50_000), reason: null, relay: null, evidence: null },
    {
      state: 'received' as const,
      at: iso(now - 48_000),
      reason: null,
      relay: 'closed' as const,
      evidence: { speedKmh: 38, fixAgeMs: 400, satellites: 11, ignition: true },
    },
    {
      state: 'waiting' as const,
      at: iso(now - 47_000),
      reason,
      relay: 'closed' as const,
      evidence: { speedKmh: 38, fixAgeMs: 700, satellites: 11, ignition: true, displacementM: 512 },
    },
  ]
  if (row.state === 'blockWaiting') return orderOf(vehicleId, { state: 'waiting', reason, steps }, now)
  if (row.state === 'unblockWaiting')
    return orderOf(vehicleId, { action: 'unblock', state: 'executing', notAfter: null }, now)
  if (row.state !== 'blocked') return null
  const done = {
    state: 'verified' as const,
    at: iso(now - 4_100_000),
    reason: null,
    relay: 'open' as const,
    evidence: { speedKmh: 0, ignition: false, ignitionOffForMs: 95_000, drive: 'blocked', sense: 'blocked' },
  }
  return orderOf(
    vehicleId,
    {
      state: 'verified',
      reasons: row.reasons ?? [],
      issuedAt: iso(now - 4_200_000),
      steps: [...steps.slice(0, 2), done],
    },
    now,
  )
}

function vehicleOf(row: Row, index: number, now: number): Vehicle {
  const id = idOf(index)
  const ageS = row.ageS ?? 2
  const online = row.online === undefined ? true : row.online
  const state = row.state ?? 'permitted'
  const relay = state === 'unknown' ? 'unknown' : state === 'blocked' || state === 'unblockWaiting' ? 'open' : 'closed'
  return {
    id,
    plate: row.plate,
    model: row.model,
    lastKnown: {
      position: { lat: row.at[1], lon: row.at[0], accuracyM: 4.2 },
      speedKmh: row.speedKmh ?? 0,
      headingDeg: row.headingDeg ?? null,
      ignition: (row.speedKmh ?? 0) > 0,
      odometerKm: 128_450 + index * 3117,
      readAt: iso(now - ageS * 1000),
      ageS,
      trust: row.trust ?? 'ok',
      fix: '3d',
      timeQuality: 'gnss',
    },
    gateway: {
      id: gatewayOf(index),
      online,
      statusAt: online === null ? null : iso(now - ageS * 1000),
      software: '0.1.0',
    },
    immobilizer: {
      state,
      relay,
      relayAt: relay === 'unknown' ? null : iso(now - ageS * 1000 - 1000),
      waitReason: state === 'blockWaiting' ? 'moving' : null,
      holds: (row.reasons ?? []).map((reason) => holdOf(id, reason, now)),
      order: newestOrder(row, id, now),
      canBlock: row.sealed !== false,
      whyNot: row.sealed === false ? 'not-commissioned' : null,
    },
    zone: {
      name: 'Москва и Московская область',
      inside: row.inside === undefined ? true : row.inside,
      since: iso(now - 7_200_000),
    },
  }
}

export const fakeFleet = (now: number): Vehicle[] => ROWS.map((row, index) => vehicleOf(row, index, now))

export const fakeGateways = (fleet: readonly Vehicle[], now: number): Gateway[] =>
  fleet.slice(0, -1).map((vehicle, index) => ({
    id: vehicle.gateway?.id ?? gatewayOf(index),
    vehicleId: vehicle.id,
    plate: vehicle.plate,
    state: index === 9 ? 'claimable' : 'active',
    online: vehicle.gateway?.online ?? null,
    statusAt: vehicle.gateway?.statusAt ?? null,
    software: index === 9 ? null : '0.1.0',
    sealed: index === 9 || index === 4 ? null : { at: iso(now - 86_400_000 * 12), by: 'technician' },
    troubles: index === 2 ? [{ kind: 'drift', text: 'software: 0.1.0 where the park has 0.2.0' }] : [],
    certificateExpiresAt: index === 9 ? null : iso(now + 86_400_000 * (index === 2 ? 6 : 70)),
  }))

/** A day's way along real streets of the basemap, one point a second, with a gap and a doubtful stretch. */
export function fakeTrack(now: number): TrackPoint[] {
  type Roads = { features: { properties: { n?: string }; geometry: { coordinates: [number, number][][] } }[] }
  const path = new URL('../../../../cloud/console/public/map/roads.geojson', import.meta.url)
  const roads: Roads = JSON.parse(readFileSync(path, 'utf8'))
  const named = roads.features.filter(
    ({ properties }) => properties.n === 'Ленинский проспект' || properties.n === 'Кутузовский проспект',
  )
  const lines = named
    .flatMap(({ geometry }) => geometry.coordinates)
    .toSorted((a, b) => b.length - a.length)
    .slice(0, 3)
  const points: TrackPoint[] = []
  let at = now - 3_600_000
  for (const [index, line] of lines.entries()) {
    at += index === 0 ? 0 : 600_000
    for (const [place, [lon, lat]] of line.entries()) {
      at += 9000
      const trust = index === 1 && place > 4 && place < 9 ? 'suspect' : 'ok'
      points.push({ readAt: iso(at), lat, lon, speedKmh: 40 + (place % 9), headingDeg: 90, ignition: true, trust })
    }
  }
  return points
}
