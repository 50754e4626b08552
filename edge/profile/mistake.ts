/** What is wrong, and where in the document. */
export type Mistake = { readonly path: readonly (string | number)[]; readonly reason: string }

/** Pure. One mistake, if it is one. */
export const when = (isWrong: boolean, path: readonly (string | number)[], reason: string): readonly Mistake[] =>
  isWrong ? [{ path, reason }] : []
