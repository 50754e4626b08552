export const ALLOWED: ReadonlySet<string>
export function packages(): readonly {
  readonly name: string
  readonly version: string
  readonly licence: string
  readonly use: 'building' | 'running'
  readonly optional: boolean
  readonly integrity?: string
}[]
export function isAllowed(expression: string, name?: string): boolean
