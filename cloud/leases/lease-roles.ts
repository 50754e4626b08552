import type { RouteRoles } from '../http/access.ts'

export const SEES_LEASES: RouteRoles = [
  'owner',
  'head',
  'manager',
  'support',
  'security',
  'papers',
  'service',
  'dispatcher',
  'accountant',
  'auditor',
]
export const HANDS_OVER: RouteRoles = ['owner', 'head', 'manager', 'support', 'dispatcher']
