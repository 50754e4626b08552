import type { Millis } from '#contract/instant.ts'

export type AttemptLimits = {
  /** Wrong codes from one address within the window, after which it has to wait. */
  readonly perAddress: number
  /** Wrong codes from everywhere together: guessing from many addresses does not help. */
  readonly together: number
  readonly window: Millis
}

export type ClaimAttempts = {
  /** Whether this address may try now; `steady` is a monotonic reading. */
  mayTry(address: string, steady: Millis): boolean
  failed(address: string, steady: Millis): void
}

/** Pure but for its own memory, which is bounded by `together`: the wrong claim codes of the last window. */
export function createClaimAttempts(limits: AttemptLimits): ClaimAttempts {
  let failures: { readonly address: string; readonly steady: Millis }[] = []
  const forget = (steady: Millis) => {
    failures = failures.filter((failure) => steady - failure.steady < limits.window)
  }
  return {
    mayTry: (address, steady) => {
      forget(steady)
      const own = failures.filter((failure) => failure.address === address)
      return failures.length < limits.together && own.length < limits.perAddress
    },
    failed: (address, steady) => {
      failures.push({ address, steady })
    },
  }
}
