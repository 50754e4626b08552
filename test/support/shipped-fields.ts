import { shippedPolicy } from '../../cloud/access/access-store.ts'
import { shown } from '../../cloud/access/mask.ts'
import { fieldRight } from '../../cloud/access/policy.ts'
import type { Caller } from '../../cloud/http/access.ts'
import type { FieldRights } from '../../cloud/http/field-mask.ts'

const shipped = shippedPolicy()

/** What the shipped policy says of fields: houses of tests show a role no more than the product would. */
export const shippedFields = async ({ role }: Pick<Caller, 'role'>): Promise<FieldRights> => {
  const field: FieldRights['field'] = (resource, name) => fieldRight(shipped, role, resource, name)
  return { field, shown: (resource, name, value) => shown(field(resource, name), name, value) }
}
