import type { DocumentHash } from '#contract/configuration.ts'
import type { SealRecord } from './seal-store.ts'

type Written = { readonly at: string; readonly by: string }

export type Standing =
  | { readonly standing: 'sealed'; readonly at: string; readonly by: string }
  | { readonly standing: 'open' }

/** Pure. A seal newly written into the installation file takes the place of an older one; otherwise the record stands. */
export function recordWith(record: SealRecord | undefined, written: Written | undefined): SealRecord | undefined {
  if (written === undefined) return record?.kind === 'written' ? undefined : record
  const isKnown = record?.at === written.at && record.by === written.by
  // A sheet made later than what the file says is the newer word.
  if (isKnown || (record?.kind === 'sheet' && Date.parse(record.at) > Date.parse(written.at))) return record
  return { schema: 'kordon-seal/1', state: 'sealed', kind: 'written', at: written.at, by: written.by }
}

/**
 * Pure. Does this seal hold for what is wired now? A sheet holds for its own wiring and profiles; a written one for the
 * wiring of the file that it stands in. Once broken, it stays so until somebody seals again.
 */
export function sealHolds(
  record: SealRecord,
  now: { readonly binding: DocumentHash; readonly wiring: string; readonly writtenWiring: string },
): boolean {
  if (record.state === 'broken') return false
  return record.kind === 'sheet' ? record.binding === now.binding : now.wiring === now.writtenWiring
}
