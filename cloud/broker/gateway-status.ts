import { GatewayStatus } from '#contract/receipt.ts'
import { whyNotStorable } from '#contract/storable.ts'

/** Pure. The payload of `up/status`, or undefined when it is not one. */
export function readStatus(payload: string): GatewayStatus | undefined {
  try {
    const json: unknown = JSON.parse(payload)
    if (whyNotStorable(json) !== undefined) return undefined
    const parsed = GatewayStatus.safeParse(json)
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined
  }
}
