/** Pure. What a person typed into a search, as a pattern for `ilike`: it stands somewhere in the text, its own `%` and `_` are letters. */
export const anywhere = (typed: string): string => `%${typed.replaceAll(/[\\%_]/g, '\\$&')}%`
