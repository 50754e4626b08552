/** What the tests need to know of installation.mjs, which is plain JavaScript. */
export const CLOUD_FLAGS: readonly string[]
export const EDGE_FLAGS: readonly string[]
