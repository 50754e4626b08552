import { z } from 'zod'
import { CASES, type CaseName } from './processes/definitions/chosen-cases.ts'

const text = z.string()
const port = z.coerce.number<string>({ error: 'a port number' }).int().min(0).max(65_535)
const onOff = z.enum(['on', 'off', '1', '0']).transform((word) => (word === 'on' || word === '1' ? 'on' : 'off'))
const hours = (most: number) => z.coerce.number<string>({ error: 'a number of hours' }).min(1).max(most)
const list = text.transform((items) =>
  items
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
)
const pairs = list.transform((items, context) => {
  const split = items.map((item) => item.split('=').map((part) => part.trim()))
  if (split.some((parts) => parts.length !== 2 || parts.includes('')))
    context.addIssue('value=role, separated by commas')
  return Object.fromEntries(split.map(([value = '', role = '']) => [value, role]))
})
const isCase = (word: string): word is CaseName => CASES.some((one) => one === word)
const cases = list.transform((words, context): readonly CaseName[] => {
  const known = words.map((word) => word.toLowerCase())
  for (const word of known)
    if (!isCase(word)) context.addIssue(`there is no case ${word}; the cases are ${CASES.join(', ')}`)
  if (known.length === 0) context.addIssue('name one case at least, or leave it out for all')
  return CASES.filter((one) => known.includes(one))
})
const url = (...protocols: readonly string[]) =>
  text.refine((given) => URL.canParse(given) && protocols.includes(new URL(given).protocol), {
    error: `a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  })

/** Every variable that the cloud reads, in the order of `--help`; the description is its help. */
const Environment = z.object({
  KORDON_DEMO: onOff.prefault('0').describe('1: demo accounts (password demo-<name>) and zone holds; default 0'),
  KORDON_HOST: text.optional().describe('address to listen on; default 127.0.0.1 in demo mode, else 0.0.0.0'),
  KORDON_HTTP_PORT: port.prefault('8080').describe('REST, live feed and console; default 8080'),
  KORDON_MQTT_PORT: port.prefault('1883').describe('embedded broker on loopback, by password; default 1883'),
  KORDON_MQTTS_PORT: port.prefault('8883').describe('embedded broker, TLS by client certificate; default 8883'),
  KORDON_DATA_DIR: text.prefault('./data').describe('keys, journals and the embedded database; default ./data'),
  KORDON_PUBLIC_URL: url('http:', 'https:')
    .optional()
    .describe('address under which people and gateways reach us, such as https://kordon.example'),
  KORDON_GATEWAY_BROKER_URL: url('mqtt:', 'mqtts:')
    .optional()
    .describe('broker address handed to new gateways; default: host of the public URL, or 127.0.0.1, and the TLS port'),
  KORDON_TRUSTED_PROXIES: list
    .prefault('')
    .describe('addresses whose X-Forwarded-For is believed, separated by commas; default none'),
  KORDON_REQUESTS_PER_MINUTE: z.coerce
    .number<string>({ error: 'a number' })
    .int()
    .min(10)
    .prefault('3000')
    .describe('limit of HTTP requests per address; default 3000'),
  KORDON_ZONE_HOLDS: onOff
    .optional()
    .describe('on: leaving the region places a hold; default on in demo mode, else off'),
  KORDON_SIGNER_SOCKET: text
    .optional()
    .describe('Unix socket of a signer that runs by itself, as another user; default: one is started beside the cloud'),
  KORDON_GRACE_MAX_HOURS: hours(168)
    .prefault('72')
    .describe('longest grace that a person may give, 1 to 168; default 72'),
  KORDON_UNLOCK_GRACE_HOURS: hours(72)
    .prefault('24')
    .describe('no block for so long after a one-time code was used at the vehicle, 1 to 72; default 24'),
  KORDON_HISTORY_MONTHS: z.coerce
    .number<string>({ error: 'a number of months' })
    .int()
    .min(3)
    .max(600)
    .prefault('36')
    .describe('months of frames kept in the SQL database, 3 to 600; default 36; InfluxDB: see kordon history init'),
  KORDON_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).prefault('info').describe('default info'),
  KORDON_AUDIT_DIR: text
    .optional()
    .describe('second folder for signed audit checkpoints, best on another machine; default none'),
  KORDON_AUDIT_WEBHOOK: url('http:', 'https:')
    .optional()
    .describe('address that each signed audit checkpoint is posted to; default none'),
  KORDON_OIDC_ISSUER: url('http:', 'https:')
    .optional()
    .describe('sign-in by an outside OpenID Connect service; default none'),
  KORDON_OIDC_CLIENT_ID: text.prefault('kordon').describe('our name there; default kordon'),
  KORDON_OIDC_CLIENT_SECRET: text.prefault('').describe('our secret there; default none'),
  KORDON_OIDC_DOMAINS: list
    .prefault('')
    .describe(
      'e-mail domains whose people come in without having been linked, when their role is mapped; default none',
    ),
  KORDON_OIDC_ROLE_CLAIM: text.prefault('groups').describe('claim with what somebody is there; default groups'),
  KORDON_OIDC_ROLES: pairs
    .prefault('')
    .describe('claim value=our role, separated by commas; never owner; default none'),
  KORDON_INSTANCE: text
    .regex(/^[a-z0-9-]{1,32}$/, '1 to 32 of a-z, 0-9 and -')
    .prefault('one')
    .describe('name of this cloud instance behind an outside broker; default one'),
  DATABASE_URL: url('postgres:', 'postgresql:')
    .optional()
    .describe('PostgreSQL; default: embedded PGlite in the data folder'),
  BROKER_URL: url('mqtt:', 'mqtts:')
    .optional()
    .describe('outside MQTT 5 broker, with user and password; default: the embedded one'),
  KORDON_BROKER_DIR: text
    .optional()
    .describe('folder shared with an outside broker; the list of revoked certificates is written there; default none'),
  BROKER_CA: text.optional().describe('file with the PEM authority of an mqtts:// broker; default: the system’s'),
  INFLUX_URL: url('http:', 'https:')
    .optional()
    .describe('InfluxDB or VictoriaMetrics for frames; default: the SQL database'),
  INFLUX_API: z.enum(['v2', 'v1']).prefault('v2').describe('v2 or v1; default v2'),
  INFLUX_TOKEN: text.prefault('').describe('token (v2), or user:password (v1); default none'),
  INFLUX_ORG: text.prefault('kordon').describe('organisation (v2); default kordon'),
  INFLUX_BUCKET: text.prefault('kordon').describe('bucket (v2) or database (v1); default kordon'),
  INFLUX_GZIP: onOff.prefault('0').describe('1: writes are packed, for a database behind a slow line; default 0'),
  KORDON_CASES: cases
    .prefault(CASES.join(','))
    .describe('which of the cases a to e a new installation runs, such as a,c (docs/cases.md); default all'),
  YANDEX_FLEET_KEYS_FILE: text
    .optional()
    .describe('file (mode 600) with a JSON list of {parkId, clientId, apiKey} of Yandex Fleet; default: none'),
  KORDON_MESSAGES_FILE: text
    .optional()
    .describe('file (mode 600) with the accesses of MAX, SMS and e-mail as JSON (docs/messages.md); default: none'),
  KORDON_EXCHANGE_FILE: text
    .optional()
    .describe('file (mode 600) with the access to the telephone exchange as JSON (docs/telephony.md); default: none'),
  KORDON_ROISTAT_FILE: text
    .optional()
    .describe('file (mode 600) with the access to Roistat as JSON (docs/telephony.md); default: none'),
  KORDON_SOURCES_FILE: text
    .optional()
    .describe('YAML file that describes outside sources of papers and fines (docs/integrate.md); default: none'),
  KORDON_SOURCE_SECRETS_FILE: text
    .optional()
    .describe('file (mode 600) with the secrets that they name, as JSON; default: none'),
})

export type InfluxSettings = {
  readonly url: string
  readonly api: 'v1' | 'v2'
  readonly token: string
  readonly org: string
  readonly bucket: string
  readonly compress: 'gzip' | 'never'
}

export type OidcSettings = {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** Domains of e-mail addresses whose people may come in without having been linked before. */
  readonly domains: readonly string[]
  /** The claim that tells what somebody is over there. */
  readonly roleClaim: string
  /** Its values → our roles; a value that is not named gives none. */
  readonly roles: Readonly<Record<string, string>>
}

export type CloudConfig = {
  readonly mode: 'demo' | 'production'
  readonly host: string
  readonly httpPort: number
  readonly mqttPort: number
  readonly mqttsPort: number
  readonly dataDir: string
  readonly publicUrl: string | undefined
  readonly gatewayBrokerUrl: string | undefined
  readonly trustedProxies: readonly string[]
  readonly requestsPerMinute: number
  readonly zoneHolds: 'on' | 'off'
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
  readonly instance: string
  /** Where the signer answers; `child`: it is ours to start. */
  readonly signer: { readonly runs: 'child' | 'elsewhere'; readonly socketPath: string }
  readonly historyMonths: number
  readonly graceMaxHours: number
  readonly unlockGraceHours: number
  readonly auditDir: string | undefined
  readonly auditWebhook: string | undefined
  readonly oidc: OidcSettings | undefined
  readonly databaseUrl: string | undefined
  readonly brokerUrl: string | undefined
  readonly brokerCaFile: string | undefined
  readonly brokerDir: string | undefined
  readonly influx: InfluxSettings | undefined
  /** Which of the businesses that come with the house it runs. */
  readonly cases: readonly CaseName[]
  readonly yandexKeysFile: string | undefined
  readonly messagesFile: string | undefined
  readonly exchangeFile: string | undefined
  readonly roistatFile: string | undefined
  readonly sourcesFile: string | undefined
  readonly sourceSecretsFile: string | undefined
}

export type ConfigResult =
  | { readonly ok: true; readonly config: CloudConfig }
  /** One message that names every wrong variable, one a line. Never repeats a value: it may be a secret. */
  | { readonly ok: false; readonly message: string }

/** Pure. Environment → configuration. An empty variable counts as absent. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): ConfigResult {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
  const parsed = Environment.safeParse(given)
  if (parsed.success) return { ok: true, config: configFrom(parsed.data) }
  const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`)
  return { ok: false, message: `these environment variables are wrong:\n${lines.join('\n')}` }
}

function configFrom(env: z.infer<typeof Environment>): CloudConfig {
  const mode = env.KORDON_DEMO === 'on' ? 'demo' : 'production'
  return {
    mode,
    host: env.KORDON_HOST ?? (mode === 'demo' ? '127.0.0.1' : '0.0.0.0'),
    httpPort: env.KORDON_HTTP_PORT,
    mqttPort: env.KORDON_MQTT_PORT,
    mqttsPort: env.KORDON_MQTTS_PORT,
    dataDir: env.KORDON_DATA_DIR,
    publicUrl: env.KORDON_PUBLIC_URL,
    gatewayBrokerUrl: env.KORDON_GATEWAY_BROKER_URL,
    trustedProxies: env.KORDON_TRUSTED_PROXIES,
    requestsPerMinute: env.KORDON_REQUESTS_PER_MINUTE,
    zoneHolds: env.KORDON_ZONE_HOLDS ?? (mode === 'demo' ? 'on' : 'off'),
    logLevel: env.KORDON_LOG_LEVEL,
    instance: env.KORDON_INSTANCE,
    signer:
      env.KORDON_SIGNER_SOCKET === undefined
        ? { runs: 'child', socketPath: `${env.KORDON_DATA_DIR.replace(/\/$/, '')}/signer/signer.sock` }
        : { runs: 'elsewhere', socketPath: env.KORDON_SIGNER_SOCKET },
    historyMonths: env.KORDON_HISTORY_MONTHS,
    graceMaxHours: env.KORDON_GRACE_MAX_HOURS,
    unlockGraceHours: env.KORDON_UNLOCK_GRACE_HOURS,
    auditDir: env.KORDON_AUDIT_DIR,
    auditWebhook: env.KORDON_AUDIT_WEBHOOK,
    oidc:
      env.KORDON_OIDC_ISSUER === undefined
        ? undefined
        : {
            issuer: env.KORDON_OIDC_ISSUER,
            clientId: env.KORDON_OIDC_CLIENT_ID,
            clientSecret: env.KORDON_OIDC_CLIENT_SECRET,
            domains: env.KORDON_OIDC_DOMAINS,
            roleClaim: env.KORDON_OIDC_ROLE_CLAIM,
            roles: env.KORDON_OIDC_ROLES,
          },
    databaseUrl: env.DATABASE_URL,
    brokerUrl: env.BROKER_URL,
    brokerCaFile: env.BROKER_CA,
    brokerDir: env.KORDON_BROKER_DIR,
    cases: env.KORDON_CASES,
    yandexKeysFile: env.YANDEX_FLEET_KEYS_FILE,
    messagesFile: env.KORDON_MESSAGES_FILE,
    exchangeFile: env.KORDON_EXCHANGE_FILE,
    roistatFile: env.KORDON_ROISTAT_FILE,
    sourcesFile: env.KORDON_SOURCES_FILE,
    sourceSecretsFile: env.KORDON_SOURCE_SECRETS_FILE,
    influx:
      env.INFLUX_URL === undefined
        ? undefined
        : {
            url: env.INFLUX_URL,
            api: env.INFLUX_API,
            token: env.INFLUX_TOKEN,
            org: env.INFLUX_ORG,
            bucket: env.INFLUX_BUCKET,
            compress: env.INFLUX_GZIP === 'on' ? 'gzip' : 'never',
          },
  }
}

/** Pure. What `--help` prints: every variable with its meaning and default. */
export function configHelp(): string {
  const lines = Object.entries(Environment.shape).map(
    ([name, schema]) => `  ${name.padEnd(28)}${schema.description ?? ''}`,
  )
  return `The Kordon cloud: REST, live feed, console, MQTT broker. Configured by environment:\n\n${lines.join('\n')}\n`
}
