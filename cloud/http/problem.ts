import { z } from 'zod'
import { FAULTS, Fault, type FaultCode } from './fault.ts'

/** One wrong field of a request, as `body.reason` or `querystring.limit`. */
const WrongField = z.object({ field: z.string(), message: z.string() })

/** RFC 9457 problem details with a stable `code`; sent as application/problem+json. */
export const Problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().nullable(),
    code: z.string(),
    instance: z.string(),
    errors: z.array(WrongField).exactOptional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details' })
export type Problem = z.infer<typeof Problem>

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'

/** What Fastify and its plugins attach to the errors they throw. */
const FrameworkError = z.looseObject({
  statusCode: z.int().min(400).max(599).optional(),
  message: z.string(),
  code: z.string().optional().catch(undefined),
  validationContext: z.string().optional(),
  validation: z.array(z.looseObject({ instancePath: z.string(), message: z.string().optional() })).optional(),
})

const CODE_OF_STATUS: ReadonlyMap<number, FaultCode> = new Map([
  [400, 'request/unreadable'],
  [404, 'route/unknown'],
  [413, 'request/too-large'],
  [415, 'request/unsupported-type'],
  [429, 'request/too-many'],
  [503, 'service/unavailable'],
])

/** How a connection to the database or the history fails, by Node or by PostgreSQL (its errcodes 08, 53300 and 57P01 to 57P03). */
const GONE_CODE = /^(ECONN(REFUSED|RESET)|EPIPE|ETIMEDOUT|08...|53300|57P0[123])$/
/** What pg says without any code. */
const GONE_WORDS = /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered)/

/**
 * Pure. Any thrown value as a Fault: the caller's mistakes keep their words, everything else becomes a bare 500 that
 * tells nothing of the inside.
 */
export function faultOf(thrown: unknown): Fault {
  if (thrown instanceof Fault) return thrown
  const error = FrameworkError.safeParse(describe(thrown))
  if (!error.success) return new Fault('service/failed')
  const { validation, validationContext, statusCode, message, code = '' } = error.data
  if (validation !== undefined) return invalid(validationContext ?? 'request', validation)
  if (GONE_CODE.test(code) || GONE_WORDS.test(message)) return new Fault('service/unavailable')
  if (statusCode === undefined || statusCode === 500) return new Fault('service/failed')
  if (statusCode > 500) return new Fault('service/unavailable')
  return new Fault(CODE_OF_STATUS.get(statusCode) ?? 'request/rejected', message)
}

const describe = (thrown: unknown): unknown =>
  thrown instanceof Error ? { ...thrown, message: thrown.message } : thrown

function invalid(part: string, issues: readonly { instancePath: string; message?: string | undefined }[]): Fault {
  const errors = issues.map((issue) => ({
    field: `${part}${issue.instancePath.replaceAll('/', '.')}`,
    message: issue.message ?? 'is not valid',
  }))
  return new Fault('request/invalid', errors.map((error) => `${error.field}: ${error.message}`).join('; '), { errors })
}

/** Pure. The document that answers a fault; `instance` is the path of the request that failed. */
export const problemOf = (fault: Fault, instance: string): Problem => ({
  type: `urn:kordon:fault:${fault.code}`,
  title: FAULTS[fault.code].title,
  status: fault.status,
  detail: fault.detail ?? null,
  code: fault.code,
  instance,
  ...fault.more,
})
