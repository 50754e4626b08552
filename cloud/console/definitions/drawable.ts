import type { SourceFile } from './queries.ts'

export type Drawable = { readonly kind: 'pipeline' | 'process'; readonly id: string; readonly title: string }

/** Pure. What of these files can be drawn, by the heads of their documents. */
export const drawable = (files: readonly SourceFile[]): readonly Drawable[] =>
  files
    .flatMap(({ text }) => text.split(/^---\s*$/m))
    .flatMap((part): readonly Drawable[] => {
      const word = (name: string): string | undefined =>
        new RegExp(`^${name}:[ \\t]*["']?([^"'#\\n]+)`, 'm').exec(part)?.[1]?.trim()
      const [kind, id] = [word('kind'), word('id')]
      return (kind === 'pipeline' || kind === 'process') && id !== undefined
        ? [{ kind, id, title: word('title') ?? id }]
        : []
    })
    .toSorted((a, b) => a.title.localeCompare(b.title, 'ru'))
