import { z } from 'zod'

/**
 * How much blocking is normal here. Bounds stand in code: neither file nor REST moves a number past them. By REST a
 * number only gets tighter; whoever wants more room must come to the machine where the signer runs.
 */
export const SignerPolicy = z.strictObject({
  /** Vehicles that rules alone may begin to block within one hour. */
  automaticPerHour: z.int().min(0).max(200),
  /** The same within a day, as a share of the fleet. Of a small fleet three are always within the share. */
  automaticShareOfFleetPercent: z.number().min(0).max(50),
  /** Vehicles that may begin to be blocked within ten minutes before two persons are needed. */
  vehiclesPerTenMinutes: z.int().min(0).max(50),
  /** Between two block orders to one vehicle. */
  minutesBetweenBlocks: z.number().min(1).max(1440),
  /** After the first two, a new approver counts only after this time: nobody makes two persons in one night. */
  hoursBeforeApproverCounts: z.number().min(1).max(168),
  /**
   * Whose six digits count beside passkeys, which alone are bound to a list of cars: everybody's, those of persons who have
   * no passkey here, or nobody's.
   */
  approvalCodes: z.enum(['always', 'without-passkey', 'never']),
})
export type SignerPolicy = z.infer<typeof SignerPolicy>

export const DEFAULT_POLICY: SignerPolicy = {
  automaticPerHour: 20,
  automaticShareOfFleetPercent: 25,
  vehiclesPerTenMinutes: 5,
  minutesBetweenBlocks: 10,
  hoursBeforeApproverCounts: 24,
  approvalCodes: 'without-passkey',
}

/** Some of it. */
export type PolicyChange = { readonly [Name in keyof SignerPolicy]?: SignerPolicy[Name] | undefined }

/** The laxest first. */
const CODES = SignerPolicy.shape.approvalCodes.options

/** Pure. The stricter of two policies, word by word: what was tightened by REST outlives a generous file. */
export const stricter = (one: SignerPolicy, other: PolicyChange): SignerPolicy => ({
  automaticPerHour: Math.min(one.automaticPerHour, other.automaticPerHour ?? Infinity),
  automaticShareOfFleetPercent: Math.min(
    one.automaticShareOfFleetPercent,
    other.automaticShareOfFleetPercent ?? Infinity,
  ),
  vehiclesPerTenMinutes: Math.min(one.vehiclesPerTenMinutes, other.vehiclesPerTenMinutes ?? Infinity),
  minutesBetweenBlocks: Math.max(one.minutesBetweenBlocks, other.minutesBetweenBlocks ?? 0),
  hoursBeforeApproverCounts: Math.max(one.hoursBeforeApproverCounts, other.hoursBeforeApproverCounts ?? 0),
  approvalCodes:
    other.approvalCodes !== undefined && CODES.indexOf(other.approvalCodes) > CODES.indexOf(one.approvalCodes)
      ? other.approvalCodes
      : one.approvalCodes,
})
