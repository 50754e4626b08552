import { z } from 'zod'

export const Vendor = z.enum(['smsaero', 'smsc'])
export type Vendor = z.infer<typeof Vendor>

export type Fate = 'sent' | 'delivered' | 'failed'
/** What a vendor tells of one message of ours, by his own name for it. */
export type Told = { readonly providerId: string; readonly fate: Fate }

/** Pure. SMS Aero: 1 delivered, 2 not delivered, 6 rejected; 0, 3, 4 and 8 are on their way. */
export const smsAeroFate = (status: number): Fate =>
  status === 1 ? 'delivered' : status === 2 || status === 6 ? 'failed' : 'sent'

/** Pure. SMSC: 1 delivered, 2 read; 3 and from 20 on it will not arrive; below it is on its way. */
export const smscFate = (status: number): Fate =>
  status === 1 || status === 2 ? 'delivered' : status === 3 || status >= 20 ? 'failed' : 'sent'

const Callback = z.looseObject({
  id: z.union([z.string(), z.number()]).transform(String).pipe(z.string().min(1).max(80)),
  status: z.union([z.string().regex(/^-?\d{1,4}$/), z.int()]).transform(Number),
})

/** Pure. Undefined for what is no word on a message. */
export function callbackFrom(vendor: Vendor, body: unknown): Told | undefined {
  const parsed = Callback.safeParse(body)
  if (!parsed.success) return undefined
  const { id, status } = parsed.data
  return { providerId: id, fate: vendor === 'smsaero' ? smsAeroFate(status) : smscFate(status) }
}
