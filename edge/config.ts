import { z } from 'zod'
import { ClaimCode } from '#contract/provisioning.ts'

const url = (...protocols: readonly string[]) =>
  z.string().refine((given) => URL.canParse(given) && protocols.includes(new URL(given).protocol), {
    error: `expected an address that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  })

const megabytes = z.coerce.number<string>({ error: 'expected a number' }).min(1).max(65_536)

/** Every variable that the gateway reads, in the order of `--help`; the description is its help. */
const Environment = z.object({
  KORDON_EDGE_DIR: z.string().min(1).prefault('./gateway').describe('identity, state and outboxes; default ./gateway'),
  KORDON_EDGE_INSTALLATION: z
    .string()
    .min(1)
    .optional()
    .describe('what is installed in this vehicle; default installation.yaml in the folder above'),
  KORDON_EDGE_PROFILES: z
    .string()
    .min(1)
    .optional()
    .describe('folder of device profiles; default the ones that came with the software'),
  KORDON_EDGE_CLOUD_URL: url('http:', 'https:').optional().describe('address of the cloud; needed once, to claim'),
  KORDON_EDGE_CLAIM_CODE: ClaimCode.optional().describe('the claim code from the office; needed once, to claim'),
  KORDON_EDGE_CA: z.string().min(1).optional().describe("file with the PEM authority of the cloud's HTTPS; optional"),
  KORDON_EDGE_TRANSPORT: z
    .enum(['certificate', 'password'])
    .prefault('certificate')
    .describe('how to prove who we are; password works on the loopback listener only; default certificate'),
  KORDON_EDGE_BROKER_URL: url('mqtt:', 'mqtts:').optional().describe('broker instead of the one named by the cloud'),
  KORDON_EDGE_BROKER_VERSION: z
    .enum(['4', '5'])
    .prefault('4')
    .describe('MQTT protocol level: 4 for the embedded broker, 5 for an outside one; default 4'),
  KORDON_EDGE_CLOCK: z
    .enum(['auto', 'ntp', 'rtc', 'estimated'])
    .prefault('auto')
    .describe('how good the system clock is; auto asks systemd-timesyncd; default auto'),
  KORDON_EDGE_ENCODING: z
    .enum(['compact', 'json'])
    .prefault('compact')
    .describe('how records are written on the wire: compact (6 to 10 bytes a position) or json; default compact'),
  KORDON_EDGE_SEND_EVERY: z.coerce
    .number<string>({ error: 'expected a number of seconds' })
    .min(0)
    .max(3600)
    .prefault('0')
    .describe('seconds a fresh position may wait for others to share a message; saves data; default 0, at once'),
  KORDON_EDGE_FRAMES_MB: megabytes
    .prefault('256')
    .describe('size at which the oldest unsent frames are thinned; default 256'),
  KORDON_EDGE_ALLOW_RUNNING_CIRCUIT_CUT: z
    .enum(['no', 'yes'])
    .prefault('no')
    .describe('yes: a relay in a fuel pump or ignition circuit may block, by stricter rules; default no'),
  KORDON_EDGE_LOCAL_PORT: z.coerce
    .number<string>({ error: 'expected a port number' })
    .int()
    .min(0)
    .max(65_535)
    .prefault('0')
    .describe('status page, metrics and the form for one-time codes; default 0, no page'),
  KORDON_EDGE_LOCAL_HOST: z
    .string()
    .min(1)
    .prefault('127.0.0.1')
    .describe('address of that page: loopback, or one inside the car; default 127.0.0.1'),
  KORDON_EDGE_CONTROL: z
    .enum(['on', 'off'])
    .prefault('on')
    .describe('the socket of the technician’s commands, control.sock in the folder above; default on'),
  KORDON_EDGE_WATCHDOG_S: z.coerce
    .number<string>({ error: 'expected seconds' })
    .min(0)
    .max(3600)
    .prefault('0')
    .describe('end the process when its event loop hangs for so long; 0 (default): systemd watches, or nobody'),
  KORDON_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).prefault('info').describe('default info'),
})

export type EdgeConfig = z.infer<typeof Environment>

/**
 * Pure. The gateway's configuration from the environment. Throws one error that names every wrong variable, an unknown
 * `KORDON_EDGE_…` among them, since a mistyped name would otherwise be a silent default.
 */
export function parseConfig(environment: Readonly<Record<string, string | undefined>>): EdgeConfig {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([name, value]) => name.startsWith('KORDON_') && value !== ''),
  )
  const strangers = Object.keys(given).filter(
    (name) => name.startsWith('KORDON_EDGE_') && !Object.hasOwn(Environment.shape, name),
  )
  const parsed = Environment.safeParse(given)
  const wrong = [
    ...(parsed.success ? [] : parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`)),
    ...strangers.map((name) => `  ${name}: there is no such variable`),
  ]
  if (!parsed.success || wrong.length > 0) throw new Error(`The environment is not usable:\n${wrong.join('\n')}`)
  return parsed.data
}

/** Pure. The text of `--help`. */
export const HELP = [
  'kordon edge: the gateway service of one vehicle. Configured by environment variables:',
  '',
  ...Object.entries(Environment.shape).map(([name, schema]) => `  ${name.padEnd(40)}${schema.description ?? ''}`),
].join('\n')
