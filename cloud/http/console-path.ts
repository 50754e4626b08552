const RESERVED: ReadonlySet<string> = new Set(['api', 'in', 'metrics', 'assets'])

/**
 * Pure. Whether a path may be a page of the console, so that the browser gets index.html and routes by itself. Whatever
 * is spelled in an unusual way is no page: two parsers must never read one path differently.
 */
export function isConsolePage(path: string): boolean {
  if (!/^\/(?:[A-Za-z0-9_-]+(?:\/[A-Za-z0-9_-]+)*\/?)?$/.test(path)) return false
  return !RESERVED.has(path.split('/')[1]?.toLowerCase() ?? '')
}

/** Pure. Cache-Control of a console file: names under assets/ carry a hash of their content, all others may change. */
export const cacheControlOf = (filePath: string): string =>
  /[/\\]assets[/\\]/.test(filePath) ? 'public, max-age=31536000, immutable' : 'no-cache'
