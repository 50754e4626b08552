import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import { z } from 'zod'
import { GatewayId } from '#contract/ids.ts'
import { emqxConfig } from './emqx-files.ts'
import { mosquittoConfig } from './mosquitto-files.ts'
import { natsConfig } from './nats-files.ts'

/** The part of `kordon gateway list --json` that access lists are made of. */
const Listed = z.object({
  items: z.array(z.object({ id: GatewayId, state: z.enum(['claimable', 'active', 'revoked']) })),
})
type State = z.infer<typeof Listed>['items'][number]['state']

type Options = { readonly out?: string; readonly gateways?: string; readonly phones?: string; readonly json?: boolean }

const KINDS = ['mosquitto', 'emqx', 'nats'] as const

function gatewaysIn(file: string | undefined, state: State): readonly GatewayId[] {
  if (file === undefined) return []
  const listed = Listed.safeParse(JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8')))
  if (!listed.success) throw new Error(`${file} is no list of gateways: kordon gateway list --json > gateways.json`)
  return listed.data.items.flatMap((gateway) => (gateway.state === state ? [gateway.id] : []))
}

function filesOf(kind: (typeof KINDS)[number], { gateways, phones }: Options): Readonly<Record<string, string>> {
  switch (kind) {
    case 'mosquitto':
      return mosquittoConfig(phones === undefined ? {} : { phonesPort: z.coerce.number().int().min(1).parse(phones) })
    case 'emqx':
      return emqxConfig(gatewaysIn(gateways, 'revoked'))
    case 'nats':
      return natsConfig(gatewaysIn(gateways, 'active'))
    default:
      return kind satisfies never
  }
}

const program = new Command('kordon broker').description('outside brokers').exitOverride()
program
  .command('config')
  .description('configuration and access lists for an outside broker, from the contract’s own topics')
  .argument('<broker>', KINDS.join(', '))
  .option('--out <folder>', 'write the files there; else they are printed')
  .option('--gateways <file>', 'output of "kordon gateway list --json", or - for standard input: EMQX and NATS need it')
  .option('--phones <port>', 'Mosquitto: a listener for OwnTracks phones')
  .option('--json', 'print the files as JSON')
  .action((broker: string, options: Options) => {
    const kind = z.enum(KINDS).safeParse(broker)
    if (!kind.success)
      throw new CommanderError(2, 'broker', `there is no configuration for ${broker}: ${KINDS.join(', ')}`)
    const files = filesOf(kind.data, options)
    if (options.out !== undefined) mkdirSync(options.out, { recursive: true })
    if (options.out !== undefined)
      for (const [name, text] of Object.entries(files)) writeFileSync(join(options.out, name), text)
    if (options.json === true) console.log(JSON.stringify(files, null, 2))
    else if (options.out === undefined)
      for (const [name, text] of Object.entries(files)) console.log(`### ${name}\n${text}`)
    else
      console.log(
        Object.keys(files)
          .map((name) => join(options.out ?? '', name))
          .join('\n'),
      )
  })

try {
  await program.parseAsync(process.argv.slice(3), { from: 'user' })
} catch (cause) {
  if (!(cause instanceof CommanderError)) console.error(`kordon: ${cause instanceof Error ? cause.message : cause}`)
  else if (cause.code === 'broker') console.error(`kordon: ${cause.message}`)
  process.exitCode = cause instanceof CommanderError ? (cause.exitCode === 0 ? 0 : 2) : 1
}
