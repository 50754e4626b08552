import { ClaimCode } from '#contract/provisioning.ts'

const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'
export const CLAIM_CODE_BYTES = 8

/** Pure. Eight letters out of 32 from eight random bytes: 40 bits, every letter equally likely. */
export const claimCodeFrom = (bytes: Uint8Array): ClaimCode =>
  ClaimCode.parse([...bytes.slice(0, CLAIM_CODE_BYTES)].map((byte) => LETTERS[byte % LETTERS.length]).join(''))

const GATEWAY_LETTERS = 'abcdefghijklmnopqrstuvwxyz234567'

/** Pure. 26 letters of 32, 130 bits: nobody guesses a gateway, and no id tells how many there are. */
export const gatewayNameFrom = (bytes: Uint8Array): string =>
  `gw-${[...bytes].map((byte) => GATEWAY_LETTERS[byte % GATEWAY_LETTERS.length]).join('')}`
export const GATEWAY_NAME_BYTES = 26
