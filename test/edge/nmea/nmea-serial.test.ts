import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DeviceId } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import { openSerialLink } from '../../../edge/modbus/byte-link-client.ts'
import { runNmeaLoop } from '../../../edge/nmea/nmea-loop.ts'
import { loadProfiles } from '../../../edge/profile/profile-store.ts'
import type { Reading } from '../../../edge/profile/reading.ts'
import { until } from '../../support/fake-modbus-line.ts'
import { silentLog } from '../../support/silent-log.ts'
import { systemClock } from '../../support/system-clock.ts'

const hasSocat = spawnSync('socat', ['-V']).status === 0
if (!hasSocat && process.env['KORDON_REQUIRE_REAL'] === '1') throw new Error('socat is required: apt-get install socat')
if (!hasSocat) console.warn('SKIPPED: a receiver on a real serial port needs socat (apt-get install socat)')

describe.skipIf(!hasSocat)('a receiver on a serial port', () => {
  let folder = ''
  let far: ChildProcess
  const recorded = readFileSync(new URL('../../data/nmea/sl869.log', import.meta.url))

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kordon-nmea-'))
    far = spawn('socat', [`PTY,link=${join(folder, 'gps')},raw,echo=0`, 'STDIO'], {
      stdio: ['pipe', 'ignore', 'inherit'],
    })
    await until(() => existsSync(join(folder, 'gps')))
  })
  afterAll(() => {
    far.kill()
    rmSync(folder, { recursive: true })
  })

  test('a recorded log gives its fixes, and an unplugged receiver is told as offline', async () => {
    const profile = loadProfiles(new URL('../../../device-profiles', import.meta.url).pathname).find(
      ({ id }) => id === 'generic-nmea-0183',
    )
    if (profile === undefined) throw new Error('no profile')
    const told: Reading[] = []
    const stopping = new AbortController()
    let isOpen = false
    const open = openSerialLink({ path: join(folder, 'gps'), baud: 9600, parity: 'none', stopBits: 1 })
    const run = runNmeaLoop(
      {
        device: DeviceId.parse('gps'),
        profile,
        open: async (listener, stop) => {
          const link = await open(listener, stop)
          isOpen = true
          return link
        },
        clock: systemClock,
        random: () => 0,
        log: silentLog,
        notBefore: epochMs(0),
        onReadings: (readings) => told.push(...readings),
      },
      stopping.signal,
    )
    await until(() => isOpen)
    far.stdin?.write(recorded)
    await until(() => told.filter(({ name, value }) => name === 'lat' && value !== undefined).length >= 8)
    far.kill()
    await until(() => told.some(({ name, reason }) => name === 'lat' && reason === 'offline'))
    stopping.abort()
    await run
    expect(told.filter(({ name, value }) => name === 'lat' && value !== undefined)).toHaveLength(8)
  })
})
