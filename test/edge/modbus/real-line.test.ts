import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import modbusSerial from 'modbus-serial'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openSerialLink, openTcpLink } from '../../../edge/modbus/byte-link-client.ts'
import { lineSettings, silenceMs } from '../../../edge/modbus/line-settings.ts'
import { createModbusLine, type ModbusLine } from '../../../edge/modbus/modbus-client.ts'
import { createRelayClient } from '../../../edge/modbus/relay-client.ts'
import { loadProfiles } from '../../../edge/profile/profile-store.ts'
import { listenTcp, until } from '../../support/fake-modbus-line.ts'
import { silentLog } from '../../support/silent-log.ts'
import { systemClock } from '../../support/system-clock.ts'

const profiles = loadProfiles(new URL('../../../device-profiles', import.meta.url).pathname)
const profileOf = (id: string) => {
  const found = profiles.find((one) => one.id === id)
  if (found === undefined) throw new Error(id)
  return found
}
const router = profileOf('teltonika-rut955')
const board = profileOf('waveshare-relay-8ch')
const stop = new AbortController().signal
const common = { name: 'test', clock: systemClock, random: () => 0.5, log: silentLog }

/** The memory of a device, served by an implementation of Modbus that is not ours. */
function deviceMemory() {
  const registers = new Map<number, number>()
  const coils = new Map<number, boolean>()
  return {
    registers,
    coils,
    vector: {
      getHoldingRegister: (address: number): number => registers.get(address) ?? 0,
      setRegister: (address: number, value: number): void => {
        registers.set(address, value)
      },
      getCoil: (address: number): boolean => coils.get(address) ?? false,
      setCoil: (address: number, value: boolean): void => {
        coils.set(address, value)
      },
      getDiscreteInput: (address: number): boolean => address === 1,
    },
  }
}

describe('Modbus TCP, against another implementation', () => {
  const memory = deviceMemory()
  let server: InstanceType<typeof modbusSerial.ServerTCP>
  let line: ModbusLine
  let port = 0

  beforeAll(async () => {
    // The library cannot tell the port it was given, so one is taken from the system and freed for it.
    const free = await listenTcp(() => undefined)
    port = free.port
    await free.close()
    server = new modbusSerial.ServerTCP(memory.vector, { host: '127.0.0.1', port, unitID: 1 })
    await new Promise<void>((done) => server.on('initialized', () => done()))
    line = createModbusLine({
      ...common,
      open: openTcpLink({ host: '127.0.0.1', port }),
      framing: 'mbap',
      silenceMs: 0,
    })
  })
  afterAll(async () => {
    line.close()
    await new Promise<void>((done) => server.close(() => done()))
  })

  const device = () => {
    const settings = lineSettings(router, { kind: 'modbusTcp', host: '127.0.0.1', port })
    if (settings === undefined) throw new Error('no settings')
    return line.device(router, settings)
  }

  test('a block of registers is read', async () => {
    memory.registers.set(143, 0x425f).set(144, 0x0146)
    const read = await device().read({ table: 'holding', address: 143, count: 42 }, 'gps', stop)
    expect(read).toMatchObject({ kind: 'values' })
    expect(read.kind === 'values' ? read.values.slice(0, 3) : []).toEqual([0x425f, 0x0146, 0])
  })

  test('the relay is read, blocked and freed, and read back each time', async () => {
    const relay = createRelayClient({ modbus: device(), profile: router, clock: systemClock })
    expect(await relay.readDrive(stop)).toMatchObject({ drive: 'free' })
    await relay.writeDrive('blocked', stop)
    expect(memory.registers.get(202)).toBe(1)
    expect(await relay.readDrive(stop)).toMatchObject({ drive: 'blocked' })
    await relay.writeDrive('free', stop)
    expect(await relay.readDrive(stop)).toMatchObject({ drive: 'free' })
  })

  test('many askers at once each get their own answer', async () => {
    for (let address = 1000; address < 1100; address += 1) memory.registers.set(address, address)
    const asked = Array.from({ length: 100 }, (_, index) => index + 1000)
    const one = device()
    const answers = await Promise.all(
      asked.map((address) => one.read({ table: 'holding', address, count: 1 }, 'slow', stop)),
    )
    expect(answers.map((answer) => (answer.kind === 'values' ? answer.values[0] : answer.reason))).toEqual(asked)
  })
})

test('nobody listens: the read fails as offline and does not hang', async () => {
  const free = await listenTcp(() => undefined)
  await free.close()
  const line = createModbusLine({
    ...common,
    open: openTcpLink({ host: '127.0.0.1', port: free.port }),
    framing: 'mbap',
    silenceMs: 0,
  })
  const settings = lineSettings(router, { kind: 'modbusTcp', host: '127.0.0.1', port: free.port })
  if (settings === undefined) throw new Error('no settings')
  const read = await line.device(router, settings).read({ table: 'holding', address: 1, count: 1 }, 'io', stop)
  expect(read).toEqual({ kind: 'failed', reason: 'offline' })
  line.close()
})

const hasSocat = spawnSync('socat', ['-V']).status === 0
if (!hasSocat && process.env['KORDON_REQUIRE_REAL'] === '1') throw new Error('socat is required: apt-get install socat')
if (!hasSocat) console.warn('SKIPPED: real RTU over a pair of serial ports needs socat (apt-get install socat)')

describe.skipIf(!hasSocat)('Modbus RTU over a pair of serial ports, against another implementation', () => {
  let folder = ''
  let pair: ChildProcess
  let far: ChildProcess
  let line: ModbusLine

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kordon-rtu-'))
    const [ours, theirs] = [join(folder, 'ours'), join(folder, 'theirs')]
    pair = spawn('socat', [`PTY,link=${ours},raw,echo=0`, `PTY,link=${theirs},raw,echo=0`])
    await until(() => existsSync(ours) && existsSync(theirs))
    const program = new URL('../../support/rtu-device-process.ts', import.meta.url).pathname
    far = spawn(process.execPath, [program, theirs], { stdio: ['ignore', 'pipe', 'inherit'] })
    await new Promise((done) => far.stdout?.once('data', done))
    const open = openSerialLink({ path: ours, baud: 9600, parity: 'none', stopBits: 1 })
    line = createModbusLine({ ...common, open, framing: 'rtu', silenceMs: silenceMs(9600) })
  })
  afterAll(() => {
    line.close()
    far.kill()
    pair.kill()
    rmSync(folder, { recursive: true })
  })

  const device = () => {
    const settings = lineSettings(board, { kind: 'modbusRtu', path: 'ours' })
    if (settings === undefined) throw new Error('no settings')
    // The machine under the test may be busy; the far end itself waits 30 ms for the end of each request.
    return line.device(board, { ...settings, timeoutMs: 2000, minTimeoutMs: 2000 })
  }

  test('inputs are read', async () => {
    const read = await device().read({ table: 'discrete', address: 0, count: 8 }, 'io', stop)
    expect(read).toMatchObject({ kind: 'values', values: [0, 1, 0, 0, 0, 0, 0, 0] })
  })

  test('the relay is blocked and freed, and read back each time', async () => {
    const relay = createRelayClient({ modbus: device(), profile: board, clock: systemClock })
    for (const drive of ['blocked', 'free', 'blocked', 'free'] as const) {
      await relay.writeDrive(drive, stop)
      expect(await relay.readDrive(stop)).toMatchObject({ drive })
    }
  })

  test('answers are seen when they come, not when the timeout turns the event loop', async () => {
    const began = performance.now()
    for (let round = 0; round < 10; round += 1) {
      const read = await device().read({ table: 'coil', address: 0, count: 8 }, 'io', stop)
      expect(read).toMatchObject({ kind: 'values' })
    }
    expect(performance.now() - began).toBeLessThan(2000)
  })

  test('a port that is not there fails as offline', async () => {
    const open = openSerialLink({ path: join(folder, 'nothing'), baud: 9600, parity: 'none', stopBits: 1 })
    const absent = createModbusLine({ ...common, open, framing: 'rtu', silenceMs: 4 })
    const read = await absent.device(board, device().settings).read({ table: 'coil', address: 0, count: 8 }, 'io', stop)
    expect(read).toEqual({ kind: 'failed', reason: 'offline' })
  })
})
