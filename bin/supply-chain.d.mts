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
type Locked = {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly link?: boolean
  readonly inBundle?: boolean
  readonly optional?: boolean
  readonly hasInstallScript?: boolean
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}
export type Lock = { readonly lockfileVersion: number; readonly packages: Readonly<Record<string, Locked>> }
export type Manifest = {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly allowScripts?: Readonly<Record<string, boolean>>
}
export function breaches(lock: Lock, manifest: Manifest): readonly string[]
export function undocumented(manifest: Manifest, page: string): readonly string[]
