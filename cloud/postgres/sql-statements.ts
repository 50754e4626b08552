const QUOTED = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[\s\S]*?\$\1\$|--[^\n]*|\/\*[\s\S]*?\*\/|;/g

/**
 * Pure. The statements of an SQL file, without the separating semicolons; quotes, dollar quotes and comments are left
 * whole. The extended protocol of both drivers takes one statement at a time.
 */
export function statementsOf(sql: string): readonly string[] {
  const statements: string[] = []
  let from = 0
  for (const match of sql.matchAll(QUOTED)) {
    if (match[0] !== ';') continue
    statements.push(sql.slice(from, match.index))
    from = match.index + 1
  }
  return [...statements, sql.slice(from)].map((text) => text.trim()).filter((text) => !isEmpty(text))
}

const isEmpty = (text: string): boolean => text.replaceAll(/--[^\n]*|\/\*[\s\S]*?\*\//g, '').trim() === ''
