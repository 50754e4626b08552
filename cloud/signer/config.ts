import { z } from 'zod'
import { relyingParty } from '../addresses.ts'
import { DEFAULT_POLICY, SignerPolicy } from './signer-policy.ts'

const numberText = z.coerce.number<string>({ error: 'a number' })

/** Every variable that the signer reads, in the order of `--help`; the description is its help. */
const Environment = z.object({
  KORDON_SIGNER_DIR: z.string().optional().describe('key, numbers and rulings; default signer in KORDON_DATA_DIR'),
  KORDON_DATA_DIR: z.string().prefault('./data').describe('default ./data'),
  KORDON_SIGNER_SOCKET: z.string().optional().describe('Unix socket to listen on; default signer.sock in that folder'),
  KORDON_SIGNER_SOCKET_MODE: z
    .enum(['600', '660'])
    .prefault('600')
    .describe('660: the web tier is another user of the same group; default 600'),
  KORDON_SIGNER_AUTOMATIC_PER_HOUR: numberText
    .optional()
    .describe('vehicles that rules may begin to block within an hour, 0 to 200; default 20'),
  KORDON_SIGNER_AUTOMATIC_SHARE: numberText
    .optional()
    .describe('the same within a day, percent of the fleet, 0 to 50; default 25'),
  KORDON_SIGNER_ONE_PERSON_VEHICLES: numberText
    .optional()
    .describe('vehicles within ten minutes before two persons are needed, 0 to 50; default 5'),
  KORDON_SIGNER_MINUTES_BETWEEN_BLOCKS: numberText
    .optional()
    .describe('between two blocks of one vehicle, 1 to 1440; default 10'),
  KORDON_SIGNER_APPROVER_WAIT_HOURS: numberText
    .optional()
    .describe('before the third and later approvers count, 1 to 168; default 24'),
  KORDON_SIGNER_APPROVAL_CODES: z
    .enum(SignerPolicy.shape.approvalCodes.options)
    .optional()
    .describe(
      'whose six digits count: always, without-passkey (of persons who have none here), never; default without-passkey',
    ),
  KORDON_PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('address of the console, as the cloud has it: passkeys of approvers are made for its name'),
  KORDON_HTTP_PORT: numberText.optional().describe('without it: port of the console on localhost; default 8080'),
  KORDON_DEMO: z
    .enum(['on', 'off', '1', '0'])
    .prefault('0')
    .describe('1: approvers of the demo get secrets, which are printed; default 0'),
  KORDON_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).prefault('info').describe('default info'),
})

export type SignerConfig = {
  readonly folder: string
  readonly socketPath: string
  readonly socketMode: number
  readonly policy: SignerPolicy
  readonly party: { readonly id: string; readonly origins: readonly string[] }
  /** Secrets of the demo's approvers are made and printed; nowhere else. */
  readonly demo: boolean
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
}

export type SignerConfigResult =
  | { readonly ok: true; readonly config: SignerConfig }
  | { readonly ok: false; readonly message: string }

const LIMITS = {
  automaticPerHour: 'KORDON_SIGNER_AUTOMATIC_PER_HOUR',
  automaticShareOfFleetPercent: 'KORDON_SIGNER_AUTOMATIC_SHARE',
  vehiclesPerTenMinutes: 'KORDON_SIGNER_ONE_PERSON_VEHICLES',
  minutesBetweenBlocks: 'KORDON_SIGNER_MINUTES_BETWEEN_BLOCKS',
  hoursBeforeApproverCounts: 'KORDON_SIGNER_APPROVER_WAIT_HOURS',
  approvalCodes: 'KORDON_SIGNER_APPROVAL_CODES',
} as const

/** Pure. Environment → configuration; one message names every wrong variable. An empty variable counts as absent. */
export function readSignerConfig(env: Readonly<Record<string, string | undefined>>): SignerConfigResult {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
  const parsed = Environment.safeParse(given)
  if (!parsed.success) return wrong(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`))
  const { data } = parsed
  const asked = Object.entries(LIMITS).map(([name, variable]) => [name, data[variable]] as const)
  const policy = SignerPolicy.safeParse({
    ...DEFAULT_POLICY,
    ...Object.fromEntries(asked.filter(([, value]) => value !== undefined)),
  })
  if (!policy.success)
    return wrong(
      policy.error.issues.map((issue) => {
        const variable = Object.entries(LIMITS).find(([name]) => name === issue.path[0])?.[1]
        return `${variable}: ${issue.message}`
      }),
    )
  const folder = data.KORDON_SIGNER_DIR ?? `${data.KORDON_DATA_DIR.replace(/\/$/, '')}/signer`
  return {
    ok: true,
    config: {
      folder,
      socketPath: data.KORDON_SIGNER_SOCKET ?? `${folder}/signer.sock`,
      socketMode: Number.parseInt(data.KORDON_SIGNER_SOCKET_MODE, 8),
      policy: policy.data,
      party: relyingParty({ publicUrl: data.KORDON_PUBLIC_URL, httpPort: data.KORDON_HTTP_PORT ?? 8080 }),
      demo: data.KORDON_DEMO === '1' || data.KORDON_DEMO === 'on',
      logLevel: data.KORDON_LOG_LEVEL,
    },
  }
}

const wrong = (lines: readonly string[]): SignerConfigResult => ({
  ok: false,
  message: `these environment variables are wrong:\n${lines.map((line) => `  ${line}`).join('\n')}`,
})

/** Pure. What `--help` prints. */
export function signerHelp(): string {
  const lines = Object.entries(Environment.shape).map(
    ([name, schema]) => `  ${name.padEnd(38)}${schema.description ?? ''}`,
  )
  return `The signer: holds the key that orders are signed with, and governs blocks.

  approver <account id> [name]          gives this person a new secret for approving blocks, and prints it for an authenticator app
  passkey <account id> [name]           prints a word, good for 15 minutes, with which this person brings a passkey in the console
  confirm <thumbprint>                  makes that passkey count: the person reads the thumbprint from the page to you
  forget <account id>                   throws away this person's passkeys: a device that is lost
  code <name>                           prints the code of this moment of an approver of the demo

Configured by environment:\n\n${lines.join('\n')}\n`
}
