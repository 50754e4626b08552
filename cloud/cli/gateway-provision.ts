import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isCancel, select } from '@clack/prompts'
import { Listr } from 'listr2'
import QRCode from 'qrcode'
import { z } from 'zod'
import { GatewayId } from '#contract/ids.ts'
import { ClaimCode } from '#contract/provisioning.ts'
import { plainPlate } from '#contract/vehicle-marks.ts'
import { type ApiClient, CommandFailed, createApiClient } from './api-client.ts'
import { everyItem } from './every-item.ts'
import { everyGateway, type Gateway } from './gateway-search.ts'
import { readAccess } from './sign-in-file.ts'
import type { Terminal } from './terminal.ts'
import { startTrainingCar, type TrainingCar } from './training-car.ts'
import { findVehicle, Vehicle } from './vehicle-search.ts'

const Provisioned = z.looseObject({ id: GatewayId, claimCode: ClaimCode, claimExpiresAt: z.string() })
type Provisioned = z.infer<typeof Provisioned>

const NewCode = z.looseObject({ claimCode: ClaimCode, claimExpiresAt: z.string() })

export type ProvisionOptions = {
  readonly vehicle?: string
  readonly out?: string
  readonly ca?: string
  /** A car of this machine to practise on. */
  readonly virtual?: boolean
}

type Found = { vehicle?: Vehicle; made?: Provisioned; file?: string; resumed?: 'resumed' | 'new' }

/**
 * Makes a gateway for a vehicle and shows its claim code; with `out`, writes what the gateway needs to claim itself. Given
 * again after an interruption it goes on with the gateway that waits to be claimed, under a new code.
 */
export async function provisionGateway(terminal: Terminal, options: ProvisionOptions): Promise<void> {
  const access = readAccess(terminal.env)
  const api = createApiClient(access)
  const caPem = options.ca === undefined ? undefined : readAuthority(options.ca)
  if (options.out !== undefined) refuseUsedFolder(options.out)
  const wanted = options.vehicle ?? (await chooseVehicle(terminal, api))
  const steps = new Listr<Found, 'default' | 'silent', 'silent'>(
    [
      {
        title: `Vehicle ${wanted}`,
        task: async (found) => {
          found.vehicle = await findVehicle(api, wanted)
        },
      },
      {
        title: 'Gateway and claim code',
        task: async (found) => {
          const own = (await everyGateway(api)).filter(({ vehicleId }) => vehicleId === found.vehicle?.id)
          const waiting = own.find(({ state }) => state === 'claimable')
          const present = own.find(({ state }) => state === 'active')
          // It may have been claimed by a computer that lost its identity before it was kept.
          if (waiting === undefined && present !== undefined)
            throw new CommandFailed(
              'gateway/vehicle-taken',
              `${wanted} has ${present.id} at work: "kordon gateway swap --vehicle ${plainPlate(found.vehicle?.plate ?? wanted)}" makes another for it`,
            )
          found.resumed = waiting === undefined ? 'new' : 'resumed'
          found.made =
            waiting === undefined
              ? await api.send('POST', '/api/gateways', Provisioned, { vehicleId: found.vehicle?.id })
              : {
                  ...(await api.send('POST', `/api/gateways/${waiting.id}/claim-code`, NewCode, {})),
                  id: waiting.id,
                }
        },
      },
      ...(options.out === undefined
        ? []
        : [
            {
              title: `Set-up file in ${options.out}`,
              task: (found: Found) => {
                found.file = writeSetUp(options.out ?? '.', {
                  cloudUrl: access.url,
                  claimCode: found.made?.claimCode,
                  caPem,
                })
              },
            },
          ]),
    ],
    { renderer: terminal.isInteractive ? 'default' : 'silent' },
  )
  const { vehicle, made, file, resumed } = await steps.run({})
  if (vehicle === undefined || made === undefined)
    throw new CommandFailed('provision/failed', 'nothing was provisioned')
  const car = options.virtual === true ? await startTrainingCar(terminal) : undefined
  await showCode(terminal, { cloud: access.url, vehicle, made, file, resumed, car })
  await car?.ended
}

type Shown = {
  readonly cloud: string
  readonly vehicle: Vehicle
  readonly made: Provisioned
  readonly file?: string | undefined
  readonly resumed?: 'resumed' | 'new' | undefined
  readonly car?: TrainingCar | undefined
  readonly replaces?: Gateway
}

async function showCode(
  terminal: Terminal,
  { cloud, vehicle, made, file, resumed, car, replaces }: Shown,
): Promise<void> {
  const { id, claimCode, claimExpiresAt } = made
  const claimUri = `kordon:claim?${new URLSearchParams({ cloud, code: claimCode })}`
  const picture = terminal.isInteractive ? await QRCode.toString(claimUri, { type: 'terminal', small: true }) : ''
  terminal.result(
    {
      gatewayId: id,
      vehicleId: vehicle.id,
      plate: vehicle.plate,
      claimCode,
      claimExpiresAt,
      claimUri,
      file: file ?? null,
      resumed: resumed === 'resumed',
      port: car?.port ?? null,
      replaces: replaces?.id ?? null,
    },
    () => [
      ...(picture === '' ? [] : [picture]),
      `Gateway     ${id}`,
      `Vehicle     ${vehicle.plate}, ${vehicle.model}`,
      `Claim code  ${claimCode}   works once, until ${claimExpiresAt}`,
      ...(resumed === 'resumed' ? ['It waited to be claimed already; its earlier code is void.'] : []),
      ...(replaces === undefined
        ? []
        : [`Replaces    ${replaces.id}, out of this vehicle once the new one is claimed`]),
      ...(car === undefined ? [] : [`Virtual car ${car.port}   its devices: unit 1 receiver, unit 2 relay`, car.help]),
      ...(file === undefined
        ? []
        : [
            `Set-up file ${file}`,
            `Describe the devices in ${resolve(file, '..', 'installation.yaml')} (vehicleId ${vehicle.id}), then`,
            `start it:   KORDON_EDGE_DIR=${resolve(file, '..')} npm run edge`,
          ]),
    ],
  )
}

export type SwapOptions = { readonly vehicle?: string; readonly lost?: boolean }

/** Another gateway for a vehicle that has one. It takes over when it is claimed; a lost one is revoked at once. */
export async function swapGateway(terminal: Terminal, options: SwapOptions): Promise<void> {
  const access = readAccess(terminal.env)
  const api = createApiClient(access)
  const vehicle = await findVehicle(api, options.vehicle ?? (await chooseVehicle(terminal, api)))
  const all = await everyGateway(api)
  const waiting = all.find(({ vehicleId, state }) => vehicleId === vehicle.id && state === 'claimable')
  const present = all.find(({ vehicleId, state }) => vehicleId === vehicle.id && state === 'active')
  if (present === undefined) {
    const stands = waiting === undefined ? 'no gateway' : `no gateway at work, ${waiting.id} waits to be claimed`
    throw new CommandFailed(
      'swap/nothing',
      `${vehicle.plate} has ${stands}: "kordon gateway provision --vehicle ${plainPlate(vehicle.plate)}" shows a code for it`,
    )
  }
  const made =
    waiting === undefined
      ? await api.send('POST', '/api/gateways', Provisioned, { vehicleId: vehicle.id, replaces: present.id })
      : { ...(await api.send('POST', `/api/gateways/${waiting.id}/claim-code`, NewCode, {})), id: waiting.id }
  if (options.lost === true) await api.send('POST', `/api/gateways/${present.id}/revoke`, z.unknown())
  await showCode(terminal, {
    cloud: access.url,
    vehicle,
    made,
    resumed: waiting === undefined ? 'new' : 'resumed',
    replaces: present,
  })
}

async function chooseVehicle(terminal: Terminal, api: ApiClient): Promise<string> {
  if (!terminal.isInteractive) throw new CommandFailed('input/missing', 'which vehicle? give --vehicle <plate or id>')
  const vehicles = await everyItem(api, '/api/vehicles', Vehicle)
  if (vehicles.length === 0) throw new CommandFailed('vehicle/unknown', 'there is no vehicle yet')
  const options = vehicles.map(({ id, plate, model }) => ({ value: String(id), label: plate, hint: model }))
  const chosen = await select({ message: 'Vehicle', options, maxItems: 12 })
  if (isCancel(chosen)) throw new CommandFailed('input/cancelled', 'cancelled')
  return chosen
}

function readAuthority(path: string): string {
  const wanted = '--ca takes the PEM file of the authority that signed the certificate of the cloud'
  try {
    const text = readFileSync(path, 'utf8')
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text
  } catch (cause) {
    throw new CommandFailed('file/unreadable', `${path} cannot be read; ${wanted}`, { cause })
  }
  throw new CommandFailed('file/unreadable', `${path} holds no certificate; ${wanted}`)
}

const setUpPath = (folder: string): string => resolve(join(folder, 'gateway.json'))

/** Asked before anything is made, so that no gateway is left over for a folder that cannot be used. */
function refuseUsedFolder(folder: string): void {
  if (statSync(setUpPath(folder), { throwIfNoEntry: false }) === undefined) return
  const reason = 'a gateway was set up there before; take another folder'
  throw new CommandFailed('file/exists', `${setUpPath(folder)} exists: ${reason}`)
}

function writeSetUp(folder: string, setUp: object): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  // Readable by its owner only: the claim code is a secret until it is used.
  writeFileSync(setUpPath(folder), `${JSON.stringify(setUp, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
  return setUpPath(folder)
}
