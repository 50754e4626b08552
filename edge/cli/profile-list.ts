import type { Profile } from '#contract/profile.ts'

/** Pure. Profiles with status, products and how they are spoken to, one a line or as JSON. */
export function profileList(profiles: readonly Profile[], form: 'text' | 'json'): string {
  const rows = profiles
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, revision, status, products, transport }) => ({
      id,
      revision,
      status,
      transport: Object.keys(transport),
      products: products.map(({ brand, model }) => `${brand} ${model}`),
    }))
  if (form === 'json') return JSON.stringify(rows, undefined, 2)
  const [widest, longest] = [Math.max(0, ...rows.map(({ id }) => id.length)), 'experimental'.length]
  return rows
    .map(({ id, status, transport, products }) =>
      [id.padEnd(widest), status.padEnd(longest), transport.join(', ').padEnd(9), products.join('; ')].join('  '),
    )
    .join('\n')
}
