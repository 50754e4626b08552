import { z } from 'zod'
import { PaperKind } from '../papers/paper.ts'
import { Moment } from './moment-format.ts'
import { pointed } from './pointer.ts'

const Pointer = z
  .string()
  .max(200)
  .regex(/^(\/.*)?$/, 'a JSON pointer such as /records/0/date')
const SecretName = z.string().regex(/^[a-z][a-z0-9_]{0,39}$/)
const Dated = z.strictObject({ at: Pointer, as: Moment })

/** What every outside source of answers says of itself; no secret stands in it, only the name of one. */
const COMMON = {
  id: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'lower-case letters, digits and -'),
  title: z.string().trim().min(1).max(80),
  /** With `{plate}`, `{vin}`, `{sts}` of the car and `{secret:name}`. */
  url: z
    .string()
    .max(2000)
    .regex(/^https?:\/\//),
  headers: z
    .record(
      z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,60}$/),
      z.union([z.string().max(500), z.strictObject({ secret: SecretName })]),
    )
    .default({}),
  timeoutSeconds: z.int().min(1).max(120).default(20),
  retries: z.int().min(0).max(5).default(2),
  everyHours: z.int().min(1).max(744).default(24),
  perMinute: z.int().min(1).max(600).default(30),
  /** An answer that means "ask later": it says nothing of the car. */
  later: z
    .array(z.strictObject({ at: Pointer, is: z.union([z.string(), z.number(), z.boolean(), z.null()]) }))
    .max(5)
    .default([]),
  /** Where the list of what was found stands; without one the answer itself is the only item. */
  items: Pointer.optional(),
}

export const PaperSource = z.strictObject({
  ...COMMON,
  /** What it is asked about: of these an unreadable answer is unknown. */
  kinds: z.array(PaperKind).min(1).max(3),
  paper: z.strictObject({
    /** Left out: the only one of `kinds`. */
    kind: z.strictObject({ at: Pointer, map: z.record(z.string(), PaperKind) }).optional(),
    until: Dated,
    number: Pointer.optional(),
    /** Where the answer repeats the VIN; stars in it match any letter. */
    vin: Pointer.optional(),
  }),
})
export type PaperSource = z.infer<typeof PaperSource>

export const FineSource = z.strictObject({
  ...COMMON,
  fine: z.strictObject({
    /** УИН, the number by which a fine is known once. */
    no: Pointer,
    at: Dated,
    amount: z.strictObject({ at: Pointer, as: z.enum(['roubles', 'kopecks']) }),
    article: Pointer.optional(),
    /** Left out: the plate that was asked about. */
    plate: Pointer.optional(),
  }),
})
export type FineSource = z.infer<typeof FineSource>

/** The file of the sources. Ids are of one list: a source is named once. */
export const Sources = z
  .strictObject({
    papers: z.array(PaperSource).max(20).default([]),
    fines: z.array(FineSource).max(20).default([]),
  })
  .refine(
    ({ papers, fines }) => new Set([...papers, ...fines].map(({ id }) => id)).size === papers.length + fines.length,
    {
      error: 'a source is named twice',
    },
  )
  .refine(({ papers }) => papers.every(({ kinds, paper }) => kinds.length === 1 || paper.kind !== undefined), {
    error: 'a source of several kinds of papers has to say where the kind stands (paper.kind)',
  })
  .refine(({ fines }) => fines.every(({ url, fine }) => fine.plate !== undefined || url.includes('{plate}')), {
    error: 'a source of fines for the whole fleet has to say where the plate stands (fine.plate)',
  })
export type Sources = z.infer<typeof Sources>

/** What a source may be asked about. */
export type AskedCar = { readonly plate: string; readonly vin: string | null; readonly sts: string | null }
export type Asking =
  | { readonly kind: 'request'; readonly url: string; readonly headers: Readonly<Record<string, string>> }
  /** The car has no such number, or the secret is not in the file. */
  | { readonly kind: 'lacks'; readonly why: string }

type Described = Pick<PaperSource, 'url' | 'headers'>
const MASK = /\{(plate|vin|sts|secret:[a-z][a-z0-9_]*)\}/g

/** Pure. Whether a source is asked about each car, or once about all. */
export const isPerCar = ({ url }: Pick<Described, 'url'>): boolean => /\{(plate|vin|sts)\}/.test(url)

/** Pure. Every secret that a source names. */
export const secretsOf = ({ url, headers }: Described): readonly string[] => [
  ...[...url.matchAll(/\{secret:(\w+)\}/g)].map(([, name]) => name ?? ''),
  ...Object.values(headers).flatMap((value) => (typeof value === 'string' ? [] : [value.secret])),
]

/** Pure. The request for a car; what stands in the address is encoded. */
export function requestOf(
  source: Described,
  car: AskedCar | undefined,
  secrets: Readonly<Record<string, string>>,
): Asking {
  const lacking: string[] = []
  const said = (name: string): string => {
    const value = name.startsWith('secret:')
      ? secrets[name.slice('secret:'.length)]
      : name === 'plate'
        ? car?.plate.replaceAll(' ', '')
        : name === 'vin'
          ? car?.vin
          : car?.sts
    if (value === undefined || value === null || value === '') lacking.push(name)
    return encodeURIComponent(value ?? '')
  }
  const url = source.url.replace(MASK, (_whole, name: string) => said(name))
  const headers = Object.entries(source.headers).map(([name, value]): [string, string] => {
    if (typeof value === 'string') return [name, value]
    const secret = secrets[value.secret]
    if (secret === undefined) lacking.push(`secret:${value.secret}`)
    return [name, secret ?? '']
  })
  if (lacking.length > 0)
    return { kind: 'lacks', why: `нет данных: ${lacking.map((name) => NAMES[name] ?? name).join(', ')}` }
  return { kind: 'request', url, headers: Object.fromEntries(headers) }
}

const NAMES: Readonly<Record<string, string>> = { plate: 'госномер', vin: 'VIN', sts: 'СТС' }

/** Pure. The items of an answer; a sentence where it says "later", or is not of the shape that was described. */
export function itemsOf(
  source: Pick<PaperSource, 'later' | 'items'>,
  answer: unknown,
): { readonly kind: 'items'; readonly items: readonly unknown[] } | { readonly kind: 'unknown'; readonly why: string } {
  if (source.later.some(({ at, is }) => pointed(answer, at) === is))
    return { kind: 'unknown', why: 'источник просит спросить позже' }
  if (source.items === undefined) {
    if (typeof answer === 'object' && answer !== null) return { kind: 'items', items: [answer] }
    return { kind: 'unknown', why: 'ответ не того вида' }
  }
  const found = pointed(answer, source.items)
  return Array.isArray(found) ? { kind: 'items', items: found } : { kind: 'unknown', why: 'ответ не того вида' }
}
