/** What a route does to what, as `vehicles.holds:change`: the word of policies and of token scopes. */
export type Action = `${string}:${'read' | 'change'}`

/** Pure. From the address as declared: its fixed words, and whether the method only reads. */
export function actionOf(method: string, url: string): Action {
  const words = url.split('/').filter((part) => part !== '' && part !== 'api' && !part.startsWith(':') && part !== '*')
  return `${words.join('.')}:${method === 'GET' || method === 'HEAD' ? 'read' : 'change'}`
}

/**
 * Pure. Whether a scope covers an action: `vehicles:read` covers `vehicles.track:read`, `*:read` every read, and a right
 * to change is one to read as well.
 */
export function covers(scope: string, action: Action): boolean {
  const [what = '', how = ''] = scope.split(':')
  const [wanted = '', way = ''] = action.split(':')
  if (how !== way && how !== 'change') return false
  return what === '*' || wanted === what || wanted.startsWith(`${what}.`)
}

/** Pure. `*`, or words as in an address joined by dots; then `:read` or `:change`. */
export const isScope = (candidate: string): boolean =>
  /^(\*|[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*):(read|change)$/.test(candidate)
