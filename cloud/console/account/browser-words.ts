const BROWSERS = [
  ['YaBrowser', 'Яндекс Браузер'],
  ['Edg', 'Edge'],
  ['OPR', 'Opera'],
  ['Firefox', 'Firefox'],
  ['HeadlessChrome', 'Chrome'],
  ['Chrome', 'Chrome'],
  ['Safari', 'Safari'],
] as const
const SYSTEMS = [
  ['Android', 'Android'],
  ['iPhone', 'iPhone'],
  ['iPad', 'iPad'],
  ['Windows', 'Windows'],
  ['Mac OS', 'macOS'],
  ['Linux', 'Linux'],
] as const

/** Pure. What a browser calls itself, as a person calls it; what is no browser as it stands. */
export function browserWords(program: string): string {
  if (!program.startsWith('Mozilla/')) return program
  const named = (list: readonly (readonly [mark: string, name: string])[]): string | undefined =>
    list.find(([mark]) => program.includes(mark))?.[1]
  const [browser, system] = [named(BROWSERS), named(SYSTEMS)]
  return browser === undefined ? program : system === undefined ? browser : `${browser}, ${system}`
}
