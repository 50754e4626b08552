import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { millis } from '#contract/instant.ts'
import { profileJsonSchema } from '#contract/profile.ts'
import { declaredWrite, denies, forbidden, registerDenials } from '../../edge/modbus/deny.ts'
import { mbapFrame, rtuFrame } from '../../edge/modbus/modbus-frame.ts'
import { encodeRequest, type ModbusRequest, readOf } from '../../edge/modbus/modbus-pdu.ts'
import { planGroup } from '../../edge/modbus/register-plan.ts'
import { loadProfiles } from '../../edge/profile/profile-store.ts'
import { aged, ageLimit } from '../../edge/profile/quality-age.ts'
import type { Reading } from '../../edge/profile/reading.ts'
import { type Expected, Samples } from './sample.ts'
import { bytesOf, playSample } from './sample-run.ts'

const folder = new URL('../../device-profiles', import.meta.url).pathname
const profiles = loadProfiles(folder)
const sampleFiles = readdirSync(join(folder, 'samples')).sort()

const samplesOf = (id: string): Samples =>
  Samples.parse(parse(readFileSync(join(folder, 'samples', `${id}.yaml`), 'utf8'), { version: '1.2', schema: 'core' }))

const expectReading = (readings: readonly Reading[], name: string, expected: Expected): void => {
  const reading = readings.find((one) => one.name === name)
  const { value, ...rest } = expected
  expect(reading, name).toMatchObject({ evidence: true, ...rest })
  expect(reading?.reason, `${name}: reason`).toBe(expected.reason)
  if (typeof value === 'number') expect(reading?.value, name).toBeCloseTo(value, 5)
  else expect(reading?.value, name).toBe(value)
}

const hex = (bytes: Uint8Array): string =>
  [...bytes]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join(' ')
    .toUpperCase()

const onTheLine = (unit: number, request: ModbusRequest, frame: 'rtu' | { readonly transaction: number }): string =>
  hex(
    frame === 'rtu'
      ? rtuFrame(unit, encodeRequest(request))
      : mbapFrame(frame.transaction, unit, encodeRequest(request)),
  )

test('every profile has its samples, and every samples file its profile', () => {
  expect(sampleFiles).toEqual(profiles.map(({ id }) => `${id}.yaml`))
  expect(profiles.length).toBeGreaterThanOrEqual(4)
})

test('the JSON Schema beside the profiles is the one of the contract', () => {
  const written: unknown = JSON.parse(readFileSync(join(folder, 'profile.schema.json'), 'utf8'))
  expect(written).toEqual(JSON.parse(JSON.stringify(profileJsonSchema())))
})

describe.each(profiles)('$id', (profile) => {
  const samples = samplesOf(profile.id)
  const unit = profile.transport.modbusTcp?.unitId ?? profile.transport.modbusRtu?.unitId ?? 1
  const played = samples.samples.map((sample) => ({
    name: sample.name,
    steps: playSample(profile, sample, Date.parse(samples.notBefore)),
  }))

  test('the samples are of this profile', () => {
    expect(samples.profile).toBe(profile.id)
  })

  test.each(played)('sample: $name', ({ steps }) => {
    for (const { step, readings, steadyAt } of steps) {
      expect(Object.keys(step.expect).length).toBeGreaterThan(0)
      for (const [name, expected] of Object.entries(step.expect)) expectReading(readings, name, expected)
      for (const { afterMs, expect: expectation } of step.later ?? []) {
        const now = millis(steadyAt + afterMs)
        const old = readings.map((one) => aged(one, now, ageLimit(one.capability, 1000)))
        for (const [name, expected] of Object.entries(expectation)) expectReading(old, name, expected)
      }
    }
  })

  test('the samples show good, bad, missing and stale readings, and every reading good at least once', () => {
    const expected = samples.samples.flatMap(({ steps }) =>
      steps.flatMap((step) => [
        ...Object.values(step.expect),
        ...(step.later ?? []).flatMap((one) => Object.values(one.expect)),
      ]),
    )
    const seen = new Set(expected.map(({ quality }) => quality))
    expect([...seen]).toEqual(expect.arrayContaining(['good', 'bad', 'stale']))
    const failures = new Set(expected.map(({ reason }) => reason))
    expect(failures.has('missing') || failures.has('timeout')).toBe(true)
    const good = new Set(
      played.flatMap(({ steps }) =>
        steps.flatMap(({ readings }) => readings.filter((one) => one.quality === 'good').map((one) => one.name)),
      ),
    )
    expect(Object.keys(profile.readings).filter((name) => !good.has(name))).toEqual([])
  })

  test.each(samples.reads ?? [])('one poll of group $group asks exactly these bytes', ({ group, rtu, mbap }) => {
    const limit = profile.transport.modbusTcp?.maxRegisters ?? profile.transport.modbusRtu?.maxRegisters ?? 125
    const requests = planGroup(profile, group, limit).map(({ table, address, count }) => readOf(table, address, count))
    const asked = requests.map((request, index) => {
      const transaction =
        mbap === undefined ? 0 : ((bytesOf(mbap[index] ?? '')[0] ?? 0) << 8) + (bytesOf(mbap[index] ?? '')[1] ?? 0)
      return onTheLine(unit, request, mbap === undefined ? 'rtu' : { transaction })
    })
    expect(asked).toEqual(rtu ?? mbap)
  })

  test('the samples say what free and blocked are on the line, if the profile can say it', () => {
    expect(samples.writes === undefined).toBe(profile.actions === undefined)
  })

  test.each(['free', 'blocked'] as const)('%s is written with exactly the bytes of the samples', (drive) => {
    const write = declaredWrite(profile, drive)
    const expected = samples.writes?.[drive]
    if (write === undefined || expected === undefined) {
      expect(profile.actions).toBeUndefined()
      return
    }
    const frame = 'rtu' in expected ? 'rtu' : { transaction: 4 }
    expect(onTheLine(unit, write, frame)).toBe('rtu' in expected ? expected.rtu : expected.mbap)
    expect(forbidden(profile, unit, write)).toBeUndefined()
    expect(forbidden(profile, 0, write)).toMatch(/not a single device/)
  })

  test.each(samples.neverSent ?? [])('never sent: $name', (write) => {
    expect(forbidden(profile, unit, write)).toBeDefined()
    // The deny-list holds on its own, even were the write declared as an action.
    expect(registerDenials(profile).some((denial) => denies(denial, write))).toBe(true)
  })
})
