import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { profileJsonSchema } from '#contract/profile.ts'
import { checkFile, strayMistakes } from '../../edge/cli/profile-files.ts'
import { declaredWrite, forbidden } from '../../edge/modbus/deny.ts'
import { loadProfiles } from '../../edge/profile/profile-store.ts'

const folder = new URL('../../device-profiles', import.meta.url).pathname
const profiles = loadProfiles(folder)

// How far a device is proved: a change there is a change for the people in the garage. One that is not in the guide yet is
// no mistake, since a new model touches its two files and nothing else; `kordon profile list` names them all.
test('what the guide for writing profiles says of one is so', () => {
  const guide = readFileSync(new URL('../../docs/write-a-profile.md', import.meta.url), 'utf8')
  const rows = [...guide.matchAll(/^\| `([a-z0-9-]+)` \| (experimental|documented|bench|field) \|/gm)]
  expect(rows.length).toBeGreaterThanOrEqual(25)
  const known = new Map<string, string>(profiles.map(({ id, status }) => [id, status]))
  expect(rows.map(([, id = '', status]) => [id, status])).toEqual(rows.map(([, id = '']) => [id, known.get(id)]))
})

test('every samples file has its profile', () => {
  expect(strayMistakes(folder)).toEqual([])
  expect(readdirSync(join(folder, 'samples')).length).toBe(profiles.length)
})

test('the JSON Schema beside the profiles is the one of the contract', () => {
  const written: unknown = JSON.parse(readFileSync(join(folder, 'profile.schema.json'), 'utf8'))
  expect(written).toEqual(JSON.parse(JSON.stringify(profileJsonSchema())))
})

describe.each(profiles)('$id', (profile) => {
  test('its samples hold: readings, bytes of reads and writes, and what is never sent', () => {
    expect(checkFile(join(folder, `${profile.id}.yaml`))).toEqual([])
  })

  test('names its sources, and what a technician must know', () => {
    expect(profile.sources.length).toBeGreaterThan(0)
    expect((profile.caveats ?? []).length).toBeGreaterThan(0)
  })

  test('is written only if it is proved, and never to everybody', () => {
    const writes = (['free', 'blocked'] as const).flatMap((drive) => declaredWrite(profile, drive) ?? [])
    const refusals = writes.map((write) => forbidden(profile, 1, write))
    const wanted = profile.status === 'experimental' ? 'an experimental profile never drives a relay' : undefined
    expect(refusals).toEqual(writes.map(() => wanted))
    expect(writes.map((write) => forbidden(profile, 0, write))).toEqual(
      writes.map(() => 'unit 0 is not a single device'),
    )
  })
})

test('every Modbus profile denies the functions that write many things at once', () => {
  const open = profiles.filter(
    ({ transport, deny }) =>
      (transport.modbusTcp ?? transport.modbusRtu) !== undefined &&
      ![22, 23].every((fc) => deny?.some((entry) => 'fc' in entry && entry.fc.includes(fc) && !('addresses' in entry))),
  )
  expect(open.map(({ id }) => id)).toEqual([])
})
