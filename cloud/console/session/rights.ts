import type { User } from '../api/session.ts'

/** The server decides; this only keeps buttons away from people whom it would refuse. */
const BLOCKING = new Set(['owner', 'head', 'manager', 'security'])
const PROVISIONING = new Set(['owner', 'head', 'technician'])
const REVOKING = new Set(['owner', 'head', 'security', 'technician'])

const GOVERNING = new Set(['owner', 'head', 'security'])

export const mayGovern = (user: User): boolean => GOVERNING.has(user.role)
export const mayBlock = (user: User): boolean => BLOCKING.has(user.role)
export const mayProvision = (user: User): boolean => PROVISIONING.has(user.role)
export const mayRevoke = (user: User): boolean => REVOKING.has(user.role)
