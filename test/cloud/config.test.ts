import { expect, test } from 'vitest'
import { configHelp, readConfig } from '../../cloud/config.ts'

test('an empty environment is usable: everything embedded, no demo, no zone holds', () => {
  expect(readConfig({ KORDON_HOST: '', PATH: '/bin' })).toMatchObject({
    ok: true,
    config: {
      mode: 'production',
      host: '0.0.0.0',
      httpPort: 8080,
      mqttPort: 1883,
      mqttsPort: 8883,
      zoneHolds: 'off',
      influx: undefined,
    },
  })
})

test('demo mode stays on loopback, with zone holds, unless told otherwise', () => {
  expect(readConfig({ KORDON_DEMO: '1' })).toMatchObject({
    config: { mode: 'demo', host: '127.0.0.1', zoneHolds: 'on' },
  })
  expect(readConfig({ KORDON_DEMO: '1', KORDON_HOST: '0.0.0.0', KORDON_ZONE_HOLDS: 'off' })).toMatchObject({
    config: { host: '0.0.0.0', zoneHolds: 'off' },
  })
})

test('one error names every wrong variable and repeats no value', () => {
  const result = readConfig({
    KORDON_HTTP_PORT: 'eighty',
    KORDON_MQTT_PORT: '70000',
    DATABASE_URL: 'mysql://user:secret@host/db',
    INFLUX_API: 'v3',
    KORDON_DEMO: 'yes',
  })
  if (result.ok) throw new Error('should have been refused')
  for (const name of ['KORDON_HTTP_PORT', 'KORDON_MQTT_PORT', 'DATABASE_URL', 'INFLUX_API', 'KORDON_DEMO'])
    expect(result.message).toMatch(new RegExp(`^  ${name}: .+`, 'm'))
  expect(result.message).not.toContain('secret')
})

test('some of the cases are chosen by their letters; a wrong one is refused by its name', () => {
  expect(readConfig({})).toMatchObject({ config: { cases: ['a', 'b', 'c', 'd', 'e'] } })
  expect(readConfig({ KORDON_CASES: ' C, a,a' })).toMatchObject({ config: { cases: ['a', 'c'] } })
  expect(readConfig({ KORDON_CASES: 'a,taxi' })).toMatchObject({
    ok: false,
    message: expect.stringContaining('KORDON_CASES: there is no case taxi; the cases are a, b, c, d, e'),
  })
  expect(readConfig({ KORDON_CASES: ',' })).toMatchObject({
    ok: false,
    message: expect.stringContaining('name one case'),
  })
})

test('--help lists every variable with its meaning', () => {
  const lines = configHelp()
    .split('\n')
    .filter((line) => /^ {2}[A-Z]/.test(line))
  expect(lines).toHaveLength(42)
  for (const line of lines) expect(line).toMatch(/^ {2}[A-Z_]+ +\S.{5,}/)
})
