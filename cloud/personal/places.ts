/** A column in which people write what they like, or in which a program has kept what they wrote. */
export type Place = { readonly table: string; readonly column: string; readonly kind: 'text' | 'json' }

const of = (kind: Place['kind'], table: string, ...columns: readonly string[]): readonly Place[] =>
  columns.map((column) => ({ table, column, kind }))

/** Where a driver may be named outside of his own file: looked through when he is forgotten. */
export const PLACES: readonly Place[] = [
  ...of('text', 'holds', 'note', 'lift_note'),
  ...of('text', 'graces', 'note', 'end_note'),
  ...of('text', 'leases', 'note'),
  ...of('text', 'lease_steps', 'note'),
  ...of('text', 'ledger_transactions', 'note'),
  ...of('text', 'payment_promises', 'note'),
  ...of('text', 'process_permits', 'note'),
  ...of('text', 'appeals', 'reason', 'answer'),
  ...of('text', 'card_tasks', 'title', 'comment'),
  ...of('text', 'card_log', 'reason'),
  ...of('text', 'process_files', 'name'),
  ...of('text', 'phone_calls', 'caller', 'callee'),
  ...of('text', 'phone_requests', 'target', 'text'),
  ...of('text', 'inbox_conversations', 'phone'),
  ...of('text', 'messages', 'text', 'shown'),
  ...of('text', 'idempotency_keys', 'body'),
  ...of('json', 'cards', 'fields'),
  ...of('json', 'card_log', 'change'),
  ...of('json', 'card_tasks', 'answer'),
  ...of('json', 'process_outbox', 'effect'),
  ...of('json', 'process_inbox', 'payload'),
  ...of('json', 'process_records', 'fields'),
  ...of('json', 'rule_decisions', 'inputs'),
  ...of('json', 'rule_effects', 'details'),
]
