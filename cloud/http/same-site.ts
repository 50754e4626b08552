/** What a browser tells about where a request comes from. */
export type RequestOrigin = {
  readonly method: string
  readonly fetchSite: string | undefined
  readonly origin: string | undefined
  readonly host: string | undefined
}

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

export const isUnsafe = (method: string): boolean => !SAFE.has(method)

/**
 * Pure. Whether an unsafe request was sent by another site's page. Browsers name the relation in Sec-Fetch-Site (Fetch
 * Metadata) and at least in Origin; a request with neither was sent by a program, whose cookies are its own.
 */
export function isCrossSite(request: RequestOrigin, ownOrigins: readonly string[]): boolean {
  if (!isUnsafe(request.method)) return false
  if (request.origin !== undefined && ownOrigins.includes(request.origin)) return false
  if (request.fetchSite !== undefined) return request.fetchSite !== 'same-origin' && request.fetchSite !== 'none'
  if (request.origin === undefined) return false
  return hostOf(request.origin) !== request.host
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}
