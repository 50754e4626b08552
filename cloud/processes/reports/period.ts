/** From a moment to another, the second one not included; milliseconds since 1970. */
export type Period = { readonly from: number; readonly to: number }

/** Pure. As long a time, just before. */
export const before = ({ from, to }: Period): Period => ({ from: from - (to - from), to: from })
