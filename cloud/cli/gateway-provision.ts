import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isCancel, select } from '@clack/prompts'
import { Listr } from 'listr2'
import QRCode from 'qrcode'
import { z } from 'zod'
import { GatewayId, VehicleId } from '#contract/ids.ts'
import { ClaimCode } from '#contract/provisioning.ts'
import { type ApiClient, CommandFailed, createApiClient } from './api-client.ts'
import { everyItem } from './every-item.ts'
import { readAccess } from './sign-in-file.ts'
import type { Terminal } from './terminal.ts'

const Vehicle = z.looseObject({ id: VehicleId, plate: z.string(), model: z.string() })
type Vehicle = z.infer<typeof Vehicle>
const Provisioned = z.looseObject({ id: GatewayId, claimCode: ClaimCode, claimExpiresAt: z.string() })
type Provisioned = z.infer<typeof Provisioned>

export type ProvisionOptions = { readonly vehicle?: string; readonly out?: string; readonly ca?: string }

type Found = { vehicle?: Vehicle; made?: Provisioned; file?: string }

/** Makes a gateway for a vehicle and shows its claim code; with `out`, writes what the gateway needs to claim itself. */
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
          found.made = await api.send('POST', '/api/gateways', Provisioned, { vehicleId: found.vehicle?.id })
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
  const { vehicle, made, file } = await steps.run({})
  if (vehicle === undefined || made === undefined)
    throw new CommandFailed('provision/failed', 'nothing was provisioned')
  const { id, claimCode, claimExpiresAt } = made
  const claimUri = `kordon:claim?${new URLSearchParams({ cloud: access.url, code: claimCode })}`
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
    },
    () => [
      ...(picture === '' ? [] : [picture]),
      `Gateway     ${id}`,
      `Vehicle     ${vehicle.plate}, ${vehicle.model}`,
      `Claim code  ${claimCode}   works once, until ${claimExpiresAt}`,
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

async function findVehicle(api: ApiClient, wanted: string): Promise<Vehicle> {
  const id = VehicleId.safeParse(wanted.toLowerCase())
  if (id.success) return api.get(`/api/vehicles/${id.data}`, Vehicle)
  const found = await everyItem(api, `/api/vehicles?q=${encodeURIComponent(wanted)}`, Vehicle)
  const exact = found.filter((vehicle) => plain(vehicle.plate) === plain(wanted))
  // Typed otherwise than stored: then it takes a look at all of them.
  const items = found.length > 0 ? found : (await everyItem(api, '/api/vehicles?limit=500', Vehicle)).filter(isMeant)
  const [only, ...others] = exact.length > 0 ? exact : items
  if (only === undefined) throw new CommandFailed('vehicle/unknown', `no vehicle has the plate ${wanted}`)
  if (others.length > 0)
    throw new CommandFailed(
      'vehicle/ambiguous',
      `several vehicles match ${wanted}: ${items.map(({ plate }) => plate).join(', ')}`,
    )
  return only

  function isMeant({ plate }: Vehicle): boolean {
    return plain(plate) === plain(wanted)
  }
}

const LATIN = 'ABEKMHOPCTYX'
const CYRILLIC = 'АВЕКМНОРСТУХ'

/** Plates are typed with and without blanks, in either case, and in either alphabet: they use only letters of both. */
const plain = (plate: string): string =>
  plate
    .replaceAll(/\s/g, '')
    .toUpperCase()
    .replaceAll(/[A-Z]/g, (letter) => CYRILLIC[LATIN.indexOf(letter)] ?? letter)

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
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new CommandFailed('file/unreadable', `${path} cannot be read`, { cause })
  }
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
