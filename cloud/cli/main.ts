import { Command, CommanderError } from 'commander'
import { CommandFailed } from './api-client.ts'
import { type VerifyOptions, verifyAudit } from './audit-verify.ts'
import { type CardImportOptions, importCards } from './card-import.ts'
import { type FineImportOptions, importFines } from './fine-import.ts'
import { examineGateways, type RevokeOptions, revokeGateway } from './gateway-care.ts'
import { listGateways } from './gateway-list.ts'
import { type ProvisionOptions, provisionGateway, type SwapOptions, swapGateway } from './gateway-provision.ts'
import { type HistoryInitOptions, initHistory } from './history-init.ts'
import { type LoginOptions, login, logout } from './login.ts'
import type { Terminal } from './terminal.ts'
import { type AddOptions, addTracker, listTrackers, removeTracker } from './tracker-commands.ts'
import { type ImportOptions, importVehicles } from './vehicle-import.ts'

type Json = { readonly json?: boolean }

const terminalFor = ({ json }: Json): Terminal => ({
  env: process.env,
  isInteractive: json !== true && process.stdout.isTTY === true && process.stdin.isTTY === true,
  result: (value, lines) => console.log(json === true ? JSON.stringify(value, null, 2) : lines().join('\n')),
})

const program = new Command('kordon')
  .description('Kordon for technicians and operators. Exit codes: 0 done, 1 failed, 2 wrong usage.')
  .exitOverride()
  .addHelpText('after', '\n"kordon profile --help" checks device profiles.')
const json = ['--json', 'print the result as JSON, ask and draw nothing'] as const

program
  .command('login')
  .description('sign in and keep a token in ~/.config/kordon')
  .argument('[address]', 'the cloud, such as https://kordon.example (default: KORDON_URL or http://127.0.0.1:8080)')
  .option('--login <login>', 'else it is asked')
  .option('--password <password>', 'else KORDON_PASSWORD, else it is asked')
  .option('--code <code>', 'of the authenticator app, where the account has one; else it is asked')
  .option(...json)
  .action((address: string | undefined, options: LoginOptions & Json) => login(terminalFor(options), address, options))
program
  .command('logout')
  .description('revoke the kept token and forget it')
  .option(...json)
  .action((options: Json) => logout(terminalFor(options)))

const gateway = program.command('gateway').description('gateways in vehicles')
gateway
  .command('provision')
  .description('make a gateway for a vehicle; shows the claim code')
  .option('--vehicle <plate or id>', 'else it is asked')
  .option('--out <folder>', 'write gateway.json there, so that "npm run edge" claims by itself')
  .option('--virtual', 'and start a virtual car on this machine to practise on')
  .option('--ca <file>', 'PEM authority of a cloud with a certificate of its own, for gateway.json')
  .option(...json)
  .action((options: ProvisionOptions & Json) => provisionGateway(terminalFor(options), options))
gateway
  .command('swap')
  .description('another gateway for a vehicle that has one; shows its claim code')
  .option('--vehicle <plate or id>', 'else it is asked')
  .option('--lost', 'the present one is lost or stolen: revoke it at once')
  .option(...json)
  .action((options: SwapOptions & Json) => swapGateway(terminalFor(options), options))
gateway
  .command('revoke')
  .description('take a gateway out of service for good')
  .argument('<gateway>', 'its id, or the plate of its vehicle')
  .option('--yes', 'it is meant')
  .option(...json)
  .action((wanted: string, options: RevokeOptions & Json) => revokeGateway(terminalFor(options), wanted, options))
gateway
  .command('doctor')
  .description('what a person should see to; exit code 1 when there is something')
  .argument('[gateway]', 'its id, or the plate of its vehicle; else all')
  .option(...json)
  .action(async (wanted: string | undefined, options: Json) => {
    if ((await examineGateways(terminalFor(options), wanted)) === 'troubled') process.exitCode = 1
  })
gateway
  .command('list')
  .description('every gateway with its state')
  .option(...json)
  .action((options: Json) => listGateways(terminalFor(options)))

program
  .command('vehicle')
  .description('vehicles')
  .command('import')
  .description('add the vehicles of a CSV file: plate, model, and vin and park if you have them; again: goes on')
  .argument('<file>', 'the file, or - for standard input')
  .option('--dry-run', 'say what would be done, do nothing')
  .option(...json)
  .action(async (file: string, options: ImportOptions & Json) => {
    if ((await importVehicles(terminalFor(options), file, options)) === 'some') process.exitCode = 1
  })

program
  .command('card')
  .description('cards of funnels')
  .command('import')
  .description('make cards of the leads of a CSV or JSON file by a mapping file (docs/examples); again: goes on')
  .argument('<file>', 'the leads')
  .requiredOption('--map <file>', 'which stage and field becomes which')
  .option('--dry-run', 'say what would be done, do nothing')
  .option(...json)
  .action(async (file: string, options: CardImportOptions & Json) => {
    if ((await importCards(terminalFor(options), file, options)) === 'some') process.exitCode = 1
  })

program
  .command('fine')
  .description('fines')
  .command('import')
  .description('post the fines of a CSV file to whoever drove: resolution, plate, moment, sum; again: goes on')
  .argument('<file>', 'the file, or - for standard input')
  .option('--dry-run', 'say what would be done, do nothing')
  .option(...json)
  .action(async (file: string, options: FineImportOptions & Json) => {
    if ((await importFines(terminalFor(options), file, options)) === 'some') process.exitCode = 1
  })

program
  .command('audit')
  .description('what stands on record')
  .command('verify')
  .description('check an export (GET /api/audit/export) without any server')
  .argument('<file>', 'the export, JSON lines')
  .option('--key <file>', 'PEM of the key that has to have signed; keep it apart from the server')
  .option('--checkpoints <file>', 'checkpoints.jsonl as it was kept elsewhere')
  .option(...json)
  .action((file: string, options: VerifyOptions & Json) => verifyAudit(terminalFor(options), file, options))

const history = program.command('history').description('where frames are kept')
history
  .command('init')
  .description('make what history needs in InfluxDB or check VictoriaMetrics, by the INFLUX_… variables of the cloud')
  .option('--keep-days <days>', 'how long frames are kept, 92 at least (default: 1095)')
  .option('--shorten', 'delete what is older, where more is kept now')
  .option(...json)
  .action((options: HistoryInitOptions & Json) => initHistory(terminalFor(options), options))

const tracker = program.command('tracker').description('phones and trackers of others')
tracker
  .command('add')
  .description('register an OwnTracks phone or a device of a Traccar server for a vehicle; shows the secret')
  .option('--kind <owntracks|traccar>')
  .option('--login <login>', 'the phone’s user, or a name for the Traccar server')
  .option('--device <device>', 'device id of the phone, uniqueId in Traccar')
  .option('--vehicle <plate or id>')
  .option(...json)
  .action((options: AddOptions & Json) => addTracker(terminalFor(options), options))
tracker
  .command('list')
  .description('every tracker')
  .option(...json)
  .action((options: Json) => listTrackers(terminalFor(options)))
tracker
  .command('remove')
  .description('take a tracker out of use')
  .argument('<tracker>', 'its id')
  .option(...json)
  .action((id: string, options: Json) => removeTracker(terminalFor(options), id))

try {
  await program.parseAsync()
} catch (cause) {
  if (cause instanceof CommanderError) process.exitCode = cause.exitCode === 0 ? 0 : 2
  else if (cause instanceof CommandFailed) {
    const asJson = process.argv.includes('--json')
    console.error(
      asJson ? JSON.stringify({ error: { code: cause.code, message: cause.message } }) : `kordon: ${cause.message}`,
    )
    process.exitCode = 1
  } else throw cause
}
