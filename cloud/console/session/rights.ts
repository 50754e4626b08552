import type { User } from '../api/session.ts'

/** The server decides; this only keeps buttons away from people whom it would refuse. */
const BLOCKING = new Set(['owner', 'head', 'manager', 'security'])
const PROVISIONING = new Set(['owner', 'head', 'technician'])
const REVOKING = new Set(['owner', 'head', 'security', 'technician'])

const GOVERNING = new Set(['owner', 'head', 'security'])

export const mayGovern = (user: User): boolean => GOVERNING.has(user.role)
export const mayBlock = (user: User): boolean => BLOCKING.has(user.role)
/** Brings cars into the fleet. */
export const mayAddVehicles = (user: User): boolean => PROVISIONING.has(user.role)
export const mayProvision = (user: User): boolean => PROVISIONING.has(user.role)
export const mayRevoke = (user: User): boolean => REVOKING.has(user.role)

const among = (...roles: readonly string[]) => {
  const named = new Set(roles)
  return (user: User): boolean => named.has(user.role)
}

/** Photos of a sheet show where a relay sits. */
export const maySeeSheets = among('owner', 'head', 'security', 'service', 'mechanic', 'technician', 'auditor')
export const mayEditDrivers = among('owner', 'head', 'manager', 'support', 'security')
export const mayMergeDrivers = among('owner', 'head', 'security')
/** Of each field what the policy shows: the end of a masked one, nothing of a hidden one. */
export const maySeeSecrets = among('owner', 'head', 'manager', 'security', 'papers')
export const mayWriteSecrets = among('owner', 'security', 'papers')
export const mayEraseSecrets = among('owner', 'security')
export const maySeeMoney = among('owner', 'head', 'manager', 'support', 'accountant', 'auditor')
export const maySeeStatements = among('owner', 'head', 'manager', 'accountant', 'auditor')
/** Says why a car stands. */
export const maySayIdle = among('owner', 'head', 'manager', 'support', 'service', 'mechanic', 'dispatcher', 'papers')
export const mayPost = among('owner', 'head', 'accountant')
export const mayTakePromises = among('owner', 'head', 'manager', 'support')
export const mayAgreeLeases = among('owner', 'head', 'manager')
export const mayHandOver = among('owner', 'head', 'manager', 'support', 'dispatcher')
export const mayBookInspections = among('owner', 'head', 'manager', 'support', 'service', 'dispatcher')
export const mayMeetInspections = among('owner', 'head', 'service', 'mechanic', 'manager', 'dispatcher')
export const mayDoInspections = among('owner', 'head', 'service', 'mechanic')
export const mayPlanInspections = among('owner', 'head', 'service')
export const mayEditPapers = among('owner', 'head', 'manager', 'papers')
export const mayChangeRules = among('owner', 'head')
export const maySeeMessages = among(
  'owner',
  'head',
  'manager',
  'support',
  'security',
  'papers',
  'dispatcher',
  'auditor',
)
export const maySeeDrivers = among(
  'owner',
  'head',
  'manager',
  'support',
  'security',
  'papers',
  'dispatcher',
  'accountant',
  'auditor',
)
export const maySeeDecisions = among('owner', 'head', 'manager', 'support', 'security', 'accountant', 'auditor')
export const mayAnswerAppeals = among('owner', 'head', 'manager', 'support', 'security')
export const mayGivePermits = among('owner', 'head', 'manager', 'security')
export const mayTakeCalls = among('owner', 'head', 'manager', 'dispatcher')
/** Pauses, resumes and stops processes on cards. */
export const maySteerProcesses = among('owner', 'head')
/** Gives an agent the secret address of his statement. */
/** Gives a client of the car service the address of his own page. */
export const mayLinkClients = among('owner', 'head', 'manager', 'support', 'service', 'dispatcher')
export const mayLinkAgents = among('owner', 'head', 'manager')
