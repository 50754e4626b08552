import { statfs } from 'node:fs/promises'

/** The journal's log alone grows to 64 MB between two checkpoints. */
const LEAST_BYTES = 128 * 1024 ** 2
const MB = 1024 ** 2

/** Rejects when so little room is left where the folder lies that the journal may soon take nothing more. */
export async function checkRoom(folder: string, least = LEAST_BYTES): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  if (bavail * bsize < least) throw new Error(`the disk is full: ${Math.floor((bavail * bsize) / MB)} MB are left`)
}
