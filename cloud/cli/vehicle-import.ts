import { readFileSync } from 'node:fs'
import { Listr } from 'listr2'
import { z } from 'zod'
import { plainPlate } from '#contract/vehicle-marks.ts'
import { type ApiClient, CommandFailed, createApiClient } from './api-client.ts'
import { everyItem } from './every-item.ts'
import { readAccess } from './sign-in-file.ts'
import type { Terminal } from './terminal.ts'
import { readVehicles, type VehicleLine, type WrongLine } from './vehicle-csv.ts'
import { Vehicle } from './vehicle-search.ts'

export type ImportOptions = { readonly dryRun?: boolean }

const Park = z.looseObject({ id: z.string(), name: z.string() })
/** Of these the whole work stops: every further line would meet the same. */
const NOT_OF_THE_LINE: ReadonlySet<string> = new Set([
  'cloud/unreachable',
  'cloud/unexpected',
  'session/missing',
  'access/forbidden',
  'access/scope',
  'request/too-many',
])

/**
 * Adds the vehicles of a file. Every wrong line is named and the good ones are stored; those that are there already are
 * left alone, so that the same file given again goes on where it stopped. Answers whether every line was good.
 */
export async function importVehicles(
  terminal: Terminal,
  file: string,
  { dryRun }: ImportOptions,
): Promise<'all' | 'some'> {
  const { good, wrong } = read(file)
  const api = createApiClient(readAccess(terminal.env))
  const parks = await everyItem(api, '/api/parks', Park)
  const known = new Set(
    (await everyItem(api, '/api/vehicles?limit=500', Vehicle)).map(({ plate }) => plainPlate(plate)),
  )
  const parkOf = ({ park }: VehicleLine) =>
    park === undefined
      ? undefined
      : parks.find(({ id, name }) => id === park || name.toLowerCase() === park.toLowerCase())
  const strange = good.filter((line) => line.park !== undefined && parkOf(line) === undefined)
  const present = good.filter(({ plate }) => known.has(plainPlate(plate)))
  const wanted = good.filter((line) => !strange.includes(line) && !present.includes(line))
  const refused: WrongLine[] = [
    ...wrong,
    ...strange.map(({ line, park }) => ({
      line,
      why: `there is no park ${park}: ${parks.map(({ name }) => name).join(', ')}`,
    })),
  ]
  const added: VehicleLine[] = []
  let broken: CommandFailed | undefined
  const work = async (say: (text: string) => void): Promise<void> => {
    for (const line of wanted) {
      const refusal = await add(api, line, parkOf(line)?.id)
      if (refusal === undefined) added.push(line)
      else if (NOT_OF_THE_LINE.has(refusal.code)) {
        broken = refusal
        return
      } else refused.push({ line: line.line, why: refusal.message })
      say(`${added.length} of ${wanted.length}`)
    }
  }
  if (dryRun !== true)
    await new Listr(
      [
        {
          title: `${wanted.length} vehicles`,
          task: (_, task) =>
            work((text) => {
              task.output = text
            }),
        },
      ],
      {
        renderer: terminal.isInteractive ? 'default' : 'silent',
      },
    ).run()
  refused.sort((a, b) => a.line - b.line)
  const would = dryRun === true ? wanted.length : added.length
  terminal.result(
    {
      dryRun: dryRun === true,
      added: would,
      present: present.length,
      wrong: refused,
      interrupted: broken?.message ?? null,
    },
    () => [
      ...refused.map(({ line, why }) => `${file}:${line}: ${why}`),
      `${would} ${dryRun === true ? 'would be added' : 'added'}, ${present.length} were there, ${refused.length} wrong`,
      ...(broken === undefined ? [] : [`stopped: ${broken.message}; give the same file again to go on`]),
    ],
  )
  return refused.length === 0 && broken === undefined ? 'all' : 'some'
}

async function add(
  api: ApiClient,
  { plate, model, vin }: VehicleLine,
  parkId: string | undefined,
): Promise<CommandFailed | undefined> {
  try {
    await api.send('POST', '/api/vehicles', Vehicle, {
      plate,
      model,
      ...(vin === undefined ? {} : { vin }),
      ...(parkId === undefined ? {} : { parkId }),
    })
    return undefined
  } catch (cause) {
    if (cause instanceof CommandFailed) return cause
    throw cause
  }
}

function read(file: string): ReturnType<typeof readVehicles> {
  try {
    return readVehicles(readFileSync(file === '-' ? 0 : file, 'utf8'), plainPlate)
  } catch (cause) {
    throw new CommandFailed('file/unreadable', `${file}: ${reasonOf(cause)}`, { cause })
  }
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  return 'code' in cause && cause.code === 'ENOENT' ? 'there is no such file' : cause.message
}
