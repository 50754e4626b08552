/** How many leaves the tree had, under which root, when; `at` is RFC 3339, `root` is hex. */
export type Checkpoint = { readonly size: number; readonly root: string; readonly at: string }

export type SignedCheckpoint = Checkpoint & {
  /** Names the key that signed. */
  readonly keyId: string
  /** Ed25519 over `checkpointText`, base64url. */
  readonly signature: string
}

/** Pure. The text that is signed; the first line keeps the signature from meaning anything else. */
export const checkpointText = ({ size, root, at }: Checkpoint): string => `kordon-audit-v1\n${size}\n${root}\n${at}\n`
