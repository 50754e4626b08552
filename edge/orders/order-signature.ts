import { Order } from '#contract/order.ts'

/** Checks a compact JWS against the pinned keys and answers its payload; undefined when it is not theirs. */
export type VerifyJws = (jws: string) => Promise<Uint8Array | undefined>

export type ReadOrder =
  | { readonly ok: true; readonly order: Order }
  | { readonly ok: false; readonly reason: 'oversized' | 'signature' | 'claims'; readonly detail?: string }

const MAX_JWS_CHARACTERS = 16_384

/** Pure but for the passed-in `verify`. An order is parsed only after its signature holds; nothing unsigned is read. */
export async function readOrder(payload: Uint8Array, verify: VerifyJws): Promise<ReadOrder> {
  if (payload.length > MAX_JWS_CHARACTERS) return { ok: false, reason: 'oversized' }
  const claims = await verify(new TextDecoder().decode(payload))
  if (claims === undefined) return { ok: false, reason: 'signature' }
  const parsed = Order.safeParse(parseJson(claims))
  if (parsed.success) return { ok: true, order: parsed.data }
  const issue = parsed.error.issues[0]
  return { ok: false, reason: 'claims', detail: `${issue?.path.join('.')}: ${issue?.message}` }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}
