import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { confirm, isCancel } from '@clack/prompts'
import { type Command, Option } from 'commander'
import type { Profile } from '#contract/profile.ts'
import { ClaimCode } from '#contract/provisioning.ts'
import type { VehicleMarks } from '#contract/vehicle-marks.ts'
import type { IdentityConfig } from '../identity/app.ts'
import type { Identity } from '../identity/identity.ts'
import { doctorTasks } from './doctor.ts'
import { type Found, type OpenLine, type ScanPort, scanLine } from './line-scan.ts'
import { PairingMistake, type PairOptions, readInstallation, withDevice, writeInstallation } from './pairing.ts'
import { UsageError } from './profile-files.ts'
import { seal } from './sealing.ts'
import { createService, ServiceAway } from './service-client.ts'
import { sheetLines } from './sheet-print.ts'
import { said } from './speech.ts'
import { type CommonOptions, concluded, type ExitCode, findings } from './step.ts'
import { type MarkOptions, marksOf, markTask } from './vehicle-marks.ts'
import { type AskPerson, checkGps, checkIgnition, checkRelay, viewOf } from './wiring-check.ts'

/** What touches the world besides files and terminal; made in main.ts. */
export type EdgeTools = {
  readonly loadProfiles: (dir: string) => readonly Profile[]
  readonly openLine: OpenLine
  /** `away` says why the cloud was not reached in time; rejects with its refusal. */
  readonly claim: (config: IdentityConfig, stop: AbortSignal) => Promise<Identity | { readonly away: string }>
}

type Common = CommonOptions & { readonly profiles: string; readonly by: string }

const SHIPPED = new URL('../../device-profiles', import.meta.url).pathname

const common = (command: Command): Command =>
  command
    .addOption(new Option('--dir <folder>', 'folder of the gateway').env('KORDON_EDGE_DIR').default('./gateway'))
    .addOption(new Option('--profiles <folder>', 'device profiles').env('KORDON_EDGE_PROFILES').default(SHIPPED))
    .addOption(new Option('--by <name>', 'who does this').env('KORDON_TECHNICIAN').default(userInfo().username))
    .option('--accept <note>', 'accept what does not pass, and say why on the sheet')
    .option('--json', 'print the result as JSON')

/** Runs an action; its exit code is the process's. A service that is away is a failure with a way out. */
const act =
  <Args extends readonly unknown[]>(work: (...args: Args) => Promise<ExitCode>) =>
  async (...args: Args): Promise<void> => {
    try {
      process.exitCode = await work(...args)
    } catch (cause) {
      if (cause instanceof PairingMistake) throw new UsageError(cause.message)
      if (!(cause instanceof ServiceAway)) throw cause
      console.error(
        `${said(cause.message)}\n${said('Start it (systemctl start kordon-edge), and run this as its user.')}`,
      )
      process.exitCode = 1
    }
  }

async function doctor(options: Common): Promise<ExitCode> {
  const found = await findings(doctorTasks(options.dir, createService(options.dir)), options)
  return concluded('doctor', found, options)
}

type ScanOptions = Common & { readonly port?: string; readonly units: string; readonly bauds: string }

function scanPortOf(text: string | undefined): ScanPort {
  const [scheme, host = '', port = ''] = (text ?? '').split(':')
  if (text?.startsWith('/')) return { kind: 'modbusRtu', path: text }
  if ((scheme !== 'tcp' && scheme !== 'rtu') || Number.isNaN(Number.parseInt(port, 10)))
    throw new UsageError('--port reads /dev/ttyUSB0, tcp:host:502 or rtu:host:4001')
  return { kind: scheme === 'tcp' ? 'modbusTcp' : 'modbusRtuTcp', host, port: Number(port) }
}

function numbersOf(text: string, lowest: number, highest: number): readonly number[] {
  const numbers = text.split(',').flatMap((part) => {
    const [from = Number.NaN, to = from] = part.split('-').map(Number)
    return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index)
  })
  if (numbers.length === 0 || numbers.some((number) => !(number >= lowest && number <= highest)))
    throw new UsageError(`${text} is no list of numbers from ${lowest} to ${highest}`)
  return numbers
}

const NOBODY = 'nobody answers. Look at the power of the units, wires A and B, unit numbers and speed'

const DAMAGED =
  'answers, and the answer is damaged. Look at speed and parity, wires A and B, the common ground; two units may have this number'

async function scan(options: ScanOptions, tools: EdgeTools): Promise<ExitCode> {
  const port = scanPortOf(options.port)
  const wish = { units: numbersOf(options.units, 1, 247), bauds: numbersOf(options.bauds, 1200, 921_600) }
  const profiles = tools.loadProfiles(options.profiles)
  await notWhileServed(port, options)
  let found: readonly Found[] = []
  const run = async (say: (line: string) => void) => {
    found = await scanLine(tools.openLine, port, profiles, wish, say, new AbortController().signal)
    return found.length === 0
      ? [{ name: 'scan', state: 'bad' as const, fact: NOBODY }]
      : found.map(({ unit, baud, profiles: fit, damaged }) => ({
          name: `unit ${unit}${baud === undefined ? '' : ` at ${baud}`}`,
          state: damaged === true ? ('bad' as const) : ('good' as const),
          fact:
            damaged === true
              ? DAMAGED
              : fit.length === 0
                ? 'answers, and no profile knows it'
                : fit.map(({ id, says }) => `${id} (${says})`).join(' or '),
        }))
  }
  return concluded('scan', await findings([{ title: `scan ${options.port}`, run }], options), options, {
    data: { found },
  })
}

/** A line has one master: while the service polls it, nobody else may. */
async function notWhileServed(port: ScanPort, { dir }: Common): Promise<void> {
  const served = await viewOf(createService(dir)).catch(() => undefined)
  const isTaken = readInstallation(dir)?.devices.some((device) =>
    port.kind === 'modbusRtu'
      ? 'path' in device.port && device.port.path === port.path
      : 'host' in device.port && device.port.host === port.host && device.port.port === port.port,
  )
  if (served !== undefined && isTaken === true)
    throw new UsageError('the gateway service polls this line: stop it first (systemctl stop kordon-edge)')
}

type PairFlags = Common &
  MarkOptions &
  PairOptions & {
    readonly gateway?: boolean
    readonly device?: boolean
    readonly code?: string
    readonly cloud?: string
    readonly ca?: string
    readonly wait: string
  }

async function pair(
  port: string | undefined,
  profile: string | undefined,
  options: PairFlags,
  tools: EdgeTools,
): Promise<ExitCode> {
  const marks = marksOf(options)
  if (options.gateway === true) return pairGateway(options, marks, tools)
  if (options.device !== true && marks !== undefined)
    return concluded('vehicle', await findings([markTask(options.dir, marks)], options), options)
  if (options.device !== true || port === undefined || profile === undefined)
    throw new UsageError(
      'kordon edge pair --gateway --code XXXXXXXX --cloud <address>, --vin <vin>, or --device <port> <profile>',
    )
  return pairDevice(port, profile, options, tools)
}

const REFUSED = 'the cloud refused the claim'

async function pairGateway(options: PairFlags, marks: VehicleMarks | undefined, tools: EdgeTools): Promise<ExitCode> {
  const code = ClaimCode.safeParse(options.code)
  if (!code.success) throw new UsageError('--code takes the eight characters from the office')
  const { cloud } = options
  if (cloud === undefined || !/^https?:\/\/./.test(cloud) || !URL.canParse(cloud))
    throw new UsageError('--cloud takes the address of the cloud, as https://kordon.example')
  const ca = options.ca === undefined ? {} : { caPem: readFileSync(options.ca, 'utf8') }
  const run = async () => {
    const stop = AbortSignal.timeout(Number(options.wait) * 1000)
    const identity = await tools
      .claim({ dir: options.dir, cloudUrl: cloud, claimCode: code.data, ...ca }, stop)
      .catch((cause: unknown) => (cause instanceof Error ? cause.message : String(cause)))
    const bad = (fact: string) => [{ name: 'claim', state: 'bad' as const, fact }]
    if (typeof identity === 'string')
      return bad(identity.startsWith(REFUSED) ? `${identity}. Ask the office for a new code` : identity)
    if ('away' in identity)
      return bad(
        `the cloud could not be reached within ${options.wait} s (${identity.away}); try again while the code lasts`,
      )
    return [
      {
        name: 'claim',
        state: 'good' as const,
        fact: `${identity.grant.gatewayId}, vehicle ${identity.grant.vehicleId}`,
      },
    ]
  }
  const car = marks === undefined ? [] : [markTask(options.dir, marks)]
  return concluded('gateway', await findings([{ title: 'claim', run }, ...car], options), options)
}

async function pairDevice(port: string, id: string, options: PairFlags, tools: EdgeTools): Promise<ExitCode> {
  const profile: Profile | undefined = tools.loadProfiles(options.profiles).find((one) => one.id === id)
  if (profile === undefined) throw new UsageError(`there is no profile ${id} in ${options.profiles}`)
  const service = createService(options.dir)
  let password: string | undefined
  const run = async () => {
    const paired = withDevice(options.dir, port, profile, options)
    writeInstallation(options.dir, paired.installation)
    password = paired.password
    const answer = await service.ask('POST', '/reload').catch(() => undefined)
    const written = {
      name: 'installation',
      state: 'good' as const,
      fact: `version ${paired.installation.version}, ${profile.id} revision ${profile.revision} (${profile.status})`,
    }
    if (answer === undefined)
      return [written, { name: 'service', state: 'unknown' as const, fact: 'not running; it begins with this' }]
    const said = JSON.stringify(answer.body)
    return [
      written,
      {
        name: 'service',
        state: answer.status === 200 ? ('good' as const) : ('bad' as const),
        fact: said.slice(0, 250),
      },
    ]
  }
  const found = await findings([{ title: `pair ${id}`, run }], options)
  return concluded('device', found, options, { data: password === undefined ? {} : { password } })
}

const running = async (step: 'gps' | 'ignition', options: Common): Promise<ExitCode> => {
  const service = createService(options.dir)
  const wiring = (await viewOf(service)).wiring
  const check = step === 'gps' ? checkGps : checkIgnition
  const found = await findings([{ title: `test ${step}`, run: (say) => check(service, say) }], options)
  return concluded(step, found, options, { wiring })
}

type RelayOptions = Common & { readonly parked?: boolean; readonly answers?: string }

async function testRelay(options: RelayOptions): Promise<ExitCode> {
  if (options.parked !== true)
    throw new UsageError('park the car, chock its wheels, turn the key off, and say --parked')
  const service = createService(options.dir)
  const wiring = (await viewOf(service)).wiring
  const ask = askerOf(options)
  const found = await findings(
    [{ title: 'test relay', run: (say) => checkRelay(service, options.by, ask, say) }],
    options,
  )
  return concluded('relay', found, options, { wiring })
}

/** Answers given beforehand, in the order of the questions, or the person at the terminal. */
function askerOf({ answers, json }: RelayOptions): AskPerson {
  const given = answers?.split(',') ?? []
  if (answers !== undefined && (given.length !== 3 || given.some((one) => one !== 'yes' && one !== 'no')))
    throw new UsageError('--answers takes three of yes and no: cranks while blocked, while free, without power')
  const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true && json !== true
  if (answers === undefined && !isTerminal)
    throw new UsageError('nobody can be asked here: give --answers no,yes,yes as you see it at the car')
  return async (message) => {
    const next = given.shift()
    if (next !== undefined) return next === 'yes' ? 'yes' : 'no'
    const answer = await confirm({ message: said(message), active: said('yes'), inactive: said('no') })
    if (isCancel(answer)) throw new Error('given up at the car')
    return answer ? 'yes' : 'no'
  }
}

async function sheet(options: Common): Promise<ExitCode> {
  const { said, lines } = await sheetLines(options.dir)
  console.log(options.json === true ? JSON.stringify({ sheet: said }, undefined, 2) : lines.join('\n'))
  return said.verdict === 'fail' ? 1 : 0
}

/** `kordon edge …`: what a technician does at the car. Every step can be done again, and works without a network. */
export function addEdgeCommands(program: Command, tools: EdgeTools): void {
  const edge = program.command('edge').description('commissioning, at the vehicle')
  common(edge.command('doctor').description('clock, disk, serial ports, uplink, supply voltage')).action(act(doctor))
  common(edge.command('scan').description('who answers on a line; reads only'))
    .option('--port <port>', '/dev/ttyUSB0, tcp:host:502 or rtu:host:4001')
    .option('--units <list>', 'unit ids', '1-32')
    .option('--bauds <list>', 'speeds of a serial line', '9600,19200,38400,115200')
    .action(act((options: ScanOptions) => scan(options, tools)))
  common(edge.command('pair').description('claim this gateway, name its car, or install a device'))
    .argument('[port]', '/dev/ttyUSB0@9600, tcp:host:502, rtu:host:4001, nmea:host:10110, gpsd:host:2947, mqtt:prefix')
    .argument('[profile]', 'id of the device’s profile')
    .option('--gateway', 'claim an identity with the code from the office')
    .option('--code <code>', 'eight characters, ten minutes, one use')
    .option('--cloud <address>', 'address of the cloud')
    .option('--ca <file>', 'PEM authority of the cloud’s HTTPS, when it has its own')
    .option('--wait <seconds>', 'how long to try', '30')
    .option('--device', 'install a device')
    .option('--id <name>', 'name of the device in this car; gps or relay when left out')
    .option('--unit <number>', 'Modbus unit id')
    .addOption(
      new Option('--drives <circuit>', 'its relay is the immobilizer').choices(['starter', 'ignition', 'fuel-pump']),
    )
    .addOption(
      new Option('--contact <contact>', 'how the relay is wired').choices(['normally-closed', 'normally-open']),
    )
    .option('--ignition <reading>', 'its input that is the ignition')
    .option('--motion <reading>', 'its input that is the motion sensor')
    .option('--sense <reading>', 'its input behind the contact')
    .option('--pulses <reading>', 'its counter of wheel or gearbox pulses is the odometer')
    .option('--per-km <number>', 'how many pulses a kilometre has in this car')
    .option('--vin <vin>', 'read off the car: the office refuses the sheet of another one')
    .option('--plate <plate>', 'read off the car')
    .option('--vehicle [id]', 'with --vin: the car; with --device, before the claim: the vehicle’s id')
    .action(
      act((port: string | undefined, profile: string | undefined, options: PairFlags) =>
        pair(port, profile, options, tools),
      ),
    )
  const test = edge.command('test').description('prove the wiring, through the running service')
  common(test.command('gps').description('a fix, and a minute without drift')).action(
    act((options: Common) => running('gps', options)),
  )
  common(test.command('ignition').description('the key on and off, twice')).action(
    act((options: Common) => running('ignition', options)),
  )
  common(test.command('relay').description('block, try to start, free, start; the interlock applies'))
    .option('--parked', 'the car is parked, wheels chocked, ignition off')
    .option('--answers <list>', 'what you see, beforehand: no,yes,yes')
    .action(act(testRelay))
  common(edge.command('sheet').description('the pass/fail sheet so far, with its QR once it is signed')).action(
    act(sheet),
  )
  common(edge.command('seal').description('sign the commissioning sheet and upload it'))
    .option('--note <text>', 'for the sheet', '')
    .option('--photo <files...>', 'JPEG or PNG of what was wired, in the place of those given before')
    .option('--keep-location', 'leave the place that the camera wrote into them')
    .option('--cloud <address>', 'address of the cloud, when not signed in')
    .option('--token <token>', 'API token, when not signed in')
    .action(act(seal))
}
