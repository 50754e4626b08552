import { z } from 'zod'
import { canonicalText } from '#contract/canonical-text.ts'

/** What every gateway of a park should run. What is not named may be as it is. */
export const GoldenSetup = z.strictObject({
  software: z.string().min(1).max(64).optional(),
  /** Device profiles by id: the revision, and the hash where the very words matter. */
  profiles: z
    .record(
      z.string().max(64),
      z.strictObject({
        revision: z.int().min(1),
        hash: z
          .string()
          .regex(/^[0-9a-f]{64}$/)
          .optional(),
      }),
    )
    .optional(),
  /** Parts of the configuration that are the same in every car, such as `interlock` or `sampling`. */
  settings: z
    .strictObject({ interlock: z.json().optional(), sampling: z.json().optional(), batch: z.json().optional() })
    .optional(),
})
export type GoldenSetup = z.infer<typeof GoldenSetup>

/** What a gateway has said of itself; undefined: it has not said. */
export type Reported = {
  readonly software: string | null
  /** Of its newest commissioning sheet. */
  readonly profiles: ReadonlyMap<string, { readonly revision: number; readonly hash: string }> | undefined
  /** The document in force. */
  readonly document: Readonly<Record<string, unknown>> | undefined
}

export const Difference = z.strictObject({ what: z.string(), wanted: z.string(), found: z.string().nullable() })
export type Difference = z.infer<typeof Difference>

const short = (value: unknown): string =>
  value === undefined ? 'nothing' : canonicalText(z.json().parse(value)).slice(0, 200)

/** Pure. Where a gateway differs. What it has never told is no difference: nobody knows. */
export function differencesOf(golden: GoldenSetup, reported: Reported): readonly Difference[] {
  const software =
    golden.software !== undefined && reported.software !== null && reported.software !== golden.software
      ? [{ what: 'software', wanted: golden.software, found: reported.software }]
      : []
  const profiles = Object.entries(golden.profiles ?? {}).flatMap(([id, { revision, hash }]) => {
    const found = reported.profiles?.get(id)
    // A car without this device is no worse for it.
    if (found === undefined) return []
    if (found.revision !== revision)
      return [{ what: `profile ${id}`, wanted: `revision ${revision}`, found: `revision ${found.revision}` }]
    return hash === undefined || found.hash === hash ? [] : [{ what: `profile ${id}`, wanted: hash, found: found.hash }]
  })
  const { document } = reported
  const settings =
    document === undefined
      ? []
      : Object.entries(golden.settings ?? {}).flatMap(([key, wanted]) =>
          short(document[key]) === short(wanted)
            ? []
            : [{ what: key, wanted: short(wanted), found: short(document[key]) }],
        )
  return [...software, ...profiles, ...settings]
}
