import { GatewayStatus } from '#contract/receipt.ts'

/** Pure. The payload of `up/status`, or undefined when it is not one. */
export function readStatus(payload: string): GatewayStatus | undefined {
  try {
    const parsed = GatewayStatus.safeParse(JSON.parse(payload))
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined
  }
}
