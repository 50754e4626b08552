import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Mutant } from './mutants.ts'

const ROOT = join(import.meta.dirname, '../..')
const MARK = 'mutant'

const patched = (mutant: Mutant, path: string, source: string): string =>
  mutant.patches
    .filter(({ file }) => join(ROOT, file) === path)
    .reduce((text, { find, put }) => {
      const parts = text.split(find)
      if (parts.length !== 2)
        throw new Error(`mutant ${mutant.id} no longer fits ${path}: ${parts.length - 1} × ${find}`)
      return parts.join(put)
    }, source)

/**
 * Plants bugs where they can do no harm: a module graph of its own per mutant, patched while it is loaded. The files on
 * disk, and every other graph in this process, stay as they are. A patch that no longer fits its file throws.
 */
export function plantMutants(mutants: readonly Mutant[]): void {
  const byId = new Map(mutants.map((mutant) => [mutant.id, mutant]))
  registerHooks({
    resolve: (specifier, context, next) => {
      const resolved = next(specifier, context)
      const mark = context.parentURL === undefined ? null : new URL(context.parentURL).searchParams.get(MARK)
      const own = resolved.url.startsWith('file:') && !resolved.url.includes('/node_modules/')
      if (mark === null || !own) return resolved
      return { ...resolved, url: `${resolved.url.split('?')[0]}?${MARK}=${mark}` }
    },
    load: (url, context, next) => {
      const loaded = next(url, context)
      const mutant = url.startsWith('file:') ? byId.get(Number(new URL(url).searchParams.get(MARK))) : undefined
      if (mutant === undefined || loaded.source === undefined || loaded.source === null) return loaded
      const path = fileURLToPath(url.split('?')[0] ?? url)
      const text = typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source)
      return { ...loaded, source: patched(mutant, path, text) }
    },
  })
}

/** The simulation with this bug planted in it. */
export const mutantModule = (id: number): string =>
  `${pathToFileURL(join(import.meta.dirname, 'simulation.ts')).href}?${MARK}=${id}`
