/**
 * Every mistake of a caller that the API can name. A code is public: it stands in the problem document and in the
 * OpenAPI document, and keeps its meaning. A slice adds its own lines here, under its own prefix.
 */
export const FAULTS = {
  'request/invalid': { status: 400, title: 'The request does not fit its schema' },
  'request/unreadable': { status: 400, title: 'The request could not be read' },
  'request/too-large': { status: 413, title: 'The request body is too large' },
  'request/unsupported-type': { status: 415, title: 'The body must be JSON' },
  'request/too-many': { status: 429, title: 'Too many requests' },
  'request/cross-site': { status: 403, title: 'Refused: the request comes from another site' },
  'request/idempotency-mismatch': { status: 422, title: 'This Idempotency-Key was used with another request' },
  'request/in-progress': { status: 409, title: 'A request with this Idempotency-Key is still being worked on' },
  'request/rejected': { status: 400, title: 'The request was rejected' },
  'route/unknown': { status: 404, title: 'No such address' },
  'session/missing': { status: 401, title: 'Sign-in is required' },
  'session/wrong-credentials': { status: 401, title: 'Login or password is wrong' },
  'session/throttled': { status: 429, title: 'Too many failed sign-ins; wait a little' },
  'access/forbidden': { status: 403, title: 'Your role does not allow this' },
  'setup/closed': { status: 403, title: 'Set-up is closed or the link is wrong' },
  'account/unknown': { status: 404, title: 'No such account' },
  'account/login-taken': { status: 409, title: 'This login is taken' },
  'account/weak-password': { status: 422, title: 'This password is too easy to guess' },
  'token/unknown': { status: 404, title: 'No such API token' },
  'park/unknown': { status: 404, title: 'No such park' },
  'park/name-taken': { status: 409, title: 'A park with this name exists' },
  'vehicle/unknown': { status: 404, title: 'No such vehicle' },
  'vehicle/plate-taken': { status: 409, title: 'A vehicle with this plate exists' },
  'vehicle/no-gateway': { status: 409, title: 'This vehicle has no gateway' },
  'hold/unknown': { status: 404, title: 'No such hold on this vehicle' },
  'hold/already-lifted': { status: 409, title: 'This hold has already been lifted' },
  'grace/past': { status: 422, title: 'This moment has passed' },
  'grace/too-long': { status: 422, title: 'A grace may not last that long' },
  'grace/none': { status: 404, title: 'No grace runs for this vehicle' },
  'unlock/no-secret': { status: 409, title: 'This gateway has no codes yet: it must be claimed again' },
  'signer/unavailable': { status: 503, title: 'The signer does not answer' },
  'order/no-approval-needed': { status: 409, title: 'This order does not wait for another person' },
  'order/own-approval': { status: 409, title: 'Another person must approve: this order is already yours' },
  'order/unknown': { status: 404, title: 'No such order' },
  'gateway/unknown': { status: 404, title: 'No such gateway' },
  'gateway/revoked': { status: 409, title: 'This gateway has been revoked' },
  'gateway/already-claimed': { status: 409, title: 'This gateway has already been claimed' },
  'gateway/vehicle-taken': { status: 409, title: 'This vehicle already has a gateway' },
  'gateway/not-active': { status: 409, title: 'This gateway has not been claimed yet' },
  'configuration/changed': { status: 409, title: 'Somebody has changed the configuration since you saw it' },
  'configuration/override': {
    status: 409,
    title: 'A technician has changed the configuration at the vehicle: look at it first',
  },
  'sheet/refused': { status: 422, title: 'This commissioning sheet is not this gateway’s' },
  'claim/wrong-code': { status: 403, title: 'The claim code is wrong, used or out of date' },
  'claim/bad-csr': { status: 422, title: 'The certificate request is not usable' },
  'driver/unknown': { status: 404, title: 'No such driver' },
  'driver/changed': { status: 409, title: 'Somebody has changed this driver since you saw it' },
  'driver/merged': { status: 409, title: 'This driver was a double and has been merged' },
  'driver/known-phone': { status: 409, title: 'Another driver has this number' },
  'driver/ref-taken': { status: 409, title: 'Another driver has this name elsewhere' },
  'driver/not-mergeable': { status: 409, title: 'These two cannot be merged' },
  'lease/unknown': { status: 404, title: 'No such lease' },
  'lease/terms': { status: 422, title: 'These terms do not fit together' },
  'lease/changed': { status: 409, title: 'Somebody has changed this lease since you saw it' },
  'lease/wrong-state': { status: 409, title: 'The lease is not in a state for this' },
  'lease/vehicle-taken': { status: 409, title: 'This vehicle is under another running lease' },
  'lease/day-charged': { status: 409, title: 'This day has been charged: correct it in the ledger' },
  'shift/not-a-party': { status: 422, title: 'This driver is not on the lease' },
  'shift/no-lease': { status: 409, title: 'This vehicle is under no running lease' },
  'shift/none-open': { status: 409, title: 'No shift is open on this vehicle' },
  'ledger/unknown': { status: 404, title: 'No such posting' },
  'ledger/key-reused': { status: 409, title: 'This key was used for another posting' },
  'ledger/already-reversed': { status: 409, title: 'This posting has been reversed' },
  'ledger/not-reversible': { status: 409, title: 'A posting of this kind is not reversed' },
  'promise/refused': { status: 409, title: 'This promise is not taken' },
  'promise/none': { status: 404, title: 'No promise is open' },
  'balance/no-source': { status: 404, title: 'No such source of balances' },
  'policy/unknown': { status: 404, title: 'No such policy' },
  'policy/unknown-preset': { status: 404, title: 'No such preset' },
  'policy/out-of-bounds': { status: 422, title: 'This value is outside the bounds of the policy' },
  'policy/base-missing': { status: 428, title: 'Say which version you saw: If-Match' },
  'policy/changed': { status: 412, title: 'Somebody has changed this policy since you saw it' },
  'rule/unknown': { status: 404, title: 'No such rule' },
  'rule/unknown-version': { status: 404, title: 'This rule has no such version' },
  'rule/mistaken': { status: 422, title: 'The rule has mistakes' },
  'rule/not-watched': { status: 409, title: 'This version has not been watched in shadow for long enough' },
  'rule/changed': { status: 412, title: 'Somebody has changed this rule since you saw it' },
  'decision/unknown': { status: 404, title: 'No such decision' },
  'what-if/unknown': { status: 404, title: 'No such trial' },
  'history/range': { status: 422, title: 'The time range is not usable' },
  'list/bad-cursor': { status: 400, title: 'The cursor is not one of ours' },
  'service/unavailable': { status: 503, title: 'The service is not able to answer now' },
  'service/failed': { status: 500, title: 'Something went wrong on our side' },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>

export type FaultCode = keyof typeof FAULTS

/** The caller's mistake, thrown anywhere under a route and answered as RFC 9457 problem details by problem.ts. */
export class Fault extends Error {
  readonly code: FaultCode
  readonly status: number
  readonly detail: string | undefined
  /** Further members of the problem document, such as `errors` or `retryAfterS`. */
  readonly more: Readonly<Record<string, unknown>>

  constructor(code: FaultCode, detail?: string, more: Readonly<Record<string, unknown>> = {}) {
    super(detail ?? FAULTS[code].title)
    this.name = 'Fault'
    this.code = code
    this.status = FAULTS[code].status
    this.detail = detail
    this.more = more
  }
}
