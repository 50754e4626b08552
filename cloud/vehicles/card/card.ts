const LETTERS: Readonly<Record<string, number>> = {
  ...{ A: 1, B: 2, C: 3, D: 4, E: 5, F: 6, G: 7, H: 8, J: 1, K: 2, L: 3, M: 4, N: 5 },
  ...{ P: 7, R: 9, S: 2, T: 3, U: 4, V: 5, W: 6, X: 7, Y: 8, Z: 9 },
}
const WEIGHTS = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]

/**
 * Pure. Whether the ninth character is the check digit of the others (49 CFR 565.15). American and Chinese makers must
 * write it; European and Russian ones need not, so a wrong one is told and not refused.
 */
export function vinCheck(vin: string): 'fits' | 'does-not-fit' {
  const sum = [...vin].reduce((all, one, index) => all + (LETTERS[one] ?? Number(one)) * (WEIGHTS[index] ?? 0), 0)
  const wanted = sum % 11 === 10 ? 'X' : String(sum % 11)
  return vin[8] === wanted ? 'fits' : 'does-not-fit'
}
