/** The twelve letters a Russian plate may carry, by the Latin letter that looks the same. */
const CYRILLIC: Readonly<Record<string, string>> = {
  A: 'А',
  B: 'В',
  E: 'Е',
  K: 'К',
  M: 'М',
  H: 'Н',
  O: 'О',
  P: 'Р',
  C: 'С',
  T: 'Т',
  Y: 'У',
  X: 'Х',
}

/** Pure. One spelling for a plate, however it was typed: capitals, Cyrillic lookalikes, no spaces or dashes. */
export const plateKey = (text: string): string =>
  text
    .toUpperCase()
    .replace(/[\s\-_.]/g, '')
    .replace(/[ABEKMHOPCTYX]/g, (letter) => CYRILLIC[letter] ?? letter)

/** Pure. A plate cut into its series and its region, as it stands on the metal; region empty when it has none. */
export function plateParts(plate: string): { readonly series: string; readonly region: string } {
  const key = plateKey(plate)
  const match = /^([А-Я]{1,2}\d{3}[А-Я]{0,2})(\d{2,3})$/.exec(key)
  return { series: match?.[1] ?? plate.trim(), region: match?.[2] ?? '' }
}

/** Pure. «А123ВС 777» with a no-break space. */
export function plateWords(plate: string): string {
  const { series, region } = plateParts(plate)
  return region === '' ? series : `${series}\u00a0${region}`
}

/** Pure. Whether what somebody typed finds this car: part of the plate in either alphabet, or of the model. */
export function matchesSearch(vehicle: { readonly plate: string; readonly model: string }, typed: string): boolean {
  const words = typed.trim().toLowerCase()
  if (words === '') return true
  return plateKey(vehicle.plate).includes(plateKey(words)) || vehicle.model.toLowerCase().includes(words)
}
