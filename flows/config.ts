import { z } from 'zod'

const Url = z.url({ protocol: /^https?$/, error: 'must be an http or https address' })
const Flag = z.enum(['0', '1'])

const Environment = z.object({
  KORDON_URL: Url.default('http://127.0.0.1:8080'),
  KORDON_TOKEN: z.string({ error: 'is missing' }).min(1),
  KORDON_FLOWS_WEBHOOK_URL: z.string({ error: 'is missing' }).pipe(Url),
  KORDON_FLOWS_WEBHOOK_TOKEN: z.string().min(1).optional(),
  KORDON_DATA_DIR: z.string().min(1).default('./data'),
  KORDON_FLOWS_PORT: z.coerce.number().int().min(0).max(65_535).default(1880),
  KORDON_FLOWS_EDITOR: Flag.default('0'),
  KORDON_FLOWS_EDITOR_PASSWORD_HASH: z.string().startsWith('$2', 'must be a bcrypt hash').optional(),
})

export type FlowsConfig = {
  readonly url: string
  readonly token: string
  readonly webhook: { readonly url: string; readonly token: string | undefined }
  readonly dataDir: string
  readonly editor: { readonly port: number; readonly passwordHash: string } | undefined
}

export const HELP = `Kordon flows: Node-RED in a process of its own. Environment:
  KORDON_URL                         the cloud, default http://127.0.0.1:8080
  KORDON_TOKEN                       an API token of a person who may see the vehicles (needed)
  KORDON_FLOWS_WEBHOOK_URL           where messages are POSTed (needed)
  KORDON_FLOWS_WEBHOOK_TOKEN         sent there as "Authorization: Bearer …"
  KORDON_DATA_DIR                    messages not yet delivered are kept in <dir>/flows, default ./data
  KORDON_FLOWS_EDITOR                1 opens the editor on loopback; 0, the default, listens on nothing
  KORDON_FLOWS_EDITOR_PASSWORD_HASH  bcrypt hash for its user "technician" (needed with the editor)
  KORDON_FLOWS_PORT                  port of the editor, default 1880
`

/** Pure. Reads the environment; throws one error that names every wrong variable. */
export function parseConfig(environment: Readonly<Record<string, string | undefined>>): FlowsConfig {
  const parsed = Environment.safeParse(environment)
  const mistakes = parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  if (environment['KORDON_FLOWS_EDITOR'] === '1' && environment['KORDON_FLOWS_EDITOR_PASSWORD_HASH'] === undefined)
    mistakes.push('KORDON_FLOWS_EDITOR_PASSWORD_HASH: is missing, and the editor is not opened without a password')
  if (!parsed.success || mistakes.length > 0) throw new Error(`wrong configuration\n  ${mistakes.join('\n  ')}`)
  const { data } = parsed
  const passwordHash = data.KORDON_FLOWS_EDITOR === '1' ? data.KORDON_FLOWS_EDITOR_PASSWORD_HASH : undefined
  return {
    url: data.KORDON_URL.replace(/\/$/, ''),
    token: data.KORDON_TOKEN,
    webhook: { url: data.KORDON_FLOWS_WEBHOOK_URL, token: data.KORDON_FLOWS_WEBHOOK_TOKEN },
    dataDir: data.KORDON_DATA_DIR,
    editor: passwordHash === undefined ? undefined : { port: data.KORDON_FLOWS_PORT, passwordHash },
  }
}
