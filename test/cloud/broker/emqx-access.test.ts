import { expect, test } from 'vitest'
import { GatewayId } from '#contract/ids.ts'
import { emqxAcl, emqxConfig } from '../../../cloud/broker/emqx-files.ts'
import { drawTriples, IDENTITIES, isNameless, mayBy, type Triple } from '../../support/topic-triples.ts'

// EMQX is in no package source of this machine: the file is read as its manual says, and its rules are put to the model.

type Rule = {
  readonly permission: string
  readonly who: (name: string) => boolean
  readonly action: string
  readonly filters: readonly string[]
}

/** One rule a line: `{allow|deny, Who, publish|subscribe|all, ["filter", …]}.`, or the last word `{deny, all}.`; throws for anything else. */
function ruleOf(line: string): Rule {
  if (line === '{deny, all}.') return { permission: 'deny', who: () => true, action: 'all', filters: ['#'] }
  const parts =
    /^\{(allow|deny), (all|\{username, (?:"([^"]+)"|\{re, "([^"]+)"\})\}), (publish|subscribe|all), \[(.*)\]\}\.$/.exec(
      line,
    )
  if (parts === null) throw new Error(`no rule of EMQX: ${line}`)
  const [, permission = '', , exact, pattern, action = '', filters = ''] = parts
  const who = (name: string): boolean =>
    exact !== undefined ? name === exact : pattern === undefined || new RegExp(pattern).test(name)
  return { permission, who, action, filters: [...filters.matchAll(/"([^"]*)"/g)].map(([, filter = '']) => filter) }
}

const matches = (filter: readonly string[], topic: readonly string[]): boolean => {
  const [first, ...rest] = filter
  if (first === '#') return true
  if (first === undefined || topic.length === 0) return first === undefined && topic.length === 0
  return (first === '+' || first === topic[0]) && matches(rest, topic.slice(1))
}

/** The first rule that fits counts. */
function allowed(rules: readonly Rule[], name: string, action: 'publish' | 'subscribe', topic: string): boolean {
  const fitting = rules.find(
    (rule) =>
      rule.who(name) &&
      (rule.action === 'all' || rule.action === action) &&
      rule.filters.some((filter) => matches(filter.replaceAll('$' + '{username}', name).split('/'), topic.split('/'))),
  )
  return fitting?.permission === 'allow'
}

const rulesOf = (text: string): readonly Rule[] =>
  text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('%%'))
    .map(ruleOf)
const nameOf = ({ who }: Pick<Triple, 'who'>): string => {
  const identity = IDENTITIES[who]
  return identity.kind === 'gateway' ? identity.gateway : identity.user
}

const COUNT = Number(process.env['KORDON_TRIPLES'] ?? 50_000)
const SEED = Number(process.env['KORDON_SEED'] ?? Date.now() % 1_000_000)

test(`EMQX under the generated rules, read as its manual says, agrees with the contract on ${COUNT} random questions`, () => {
  const rules = rulesOf(emqxAcl([]))
  const wrong = drawTriples(SEED, COUNT).filter((triple) => {
    const did = allowed(rules, nameOf(triple), triple.operation === 'publish' ? 'publish' : 'subscribe', triple.topic)
    // A gateway may ask for all that goes down to it, by one filter; the cloud alone writes there.
    const below = `${triple.topic}/`.startsWith(`kordon/v1/${nameOf(triple)}/down/`)
    const ownDown = triple.operation === 'hear' && below
    return did !== (mayBy(triple) || (ownDown && IDENTITIES[triple.who].kind === 'gateway')) && !isNameless(triple)
  })
  expect(wrong.slice(0, 5), `seed ${SEED}`).toEqual([])
})

test('wildcards, the system’s topics, a name that is a wildcard and another’s name are closed', () => {
  const rules = rulesOf(emqxAcl([]))
  for (const name of ['gw-abcdefgh', 'ivan', '#', '+', ''])
    for (const topic of [
      '#',
      '+/+/+/+/+',
      '$SYS/brokers',
      'kordon/v1/+/down/order',
      'kordon/v1/gw-zzzzzzzz/down/order',
      '$share/x/#',
    ])
      for (const action of ['publish', 'subscribe'] as const) {
        // Who is called like a wildcard would get what is under his own name, which EMQX and the id pattern refuse before.
        expect([name, topic, action, allowed(rules, name, action, topic)]).toEqual([name, topic, action, false])
      }
})

test('who is revoked is denied everything, before any rule allows it', () => {
  const gateway = GatewayId.parse('gw-abcdefgh')
  const rules = rulesOf(emqxAcl([gateway]))
  expect(allowed(rules, gateway, 'publish', 'kordon/v1/gw-abcdefgh/up/records')).toBe(false)
  expect(allowed(rules, 'gw-abcdefgh1', 'publish', 'kordon/v1/gw-abcdefgh1/up/records')).toBe(true)
})

test.each([
  ['no_match = deny'],
  ['verify = verify_peer'],
  ['fail_if_no_peer_cert = true'],
  ['peer_cert_as_username = cn'],
  ['peer_cert_as_clientid = cn'],
  ['listeners.tcp.default.enabled = false'],
  ['listeners.ws.default.enabled = false'],
  ['bind = "127.0.0.1:1883", enable_authn = true'],
])('its settings say: %s', (line) => {
  const text = emqxConfig([])['emqx.conf'] ?? ''
  expect(text).toContain(line)
  expect(text.split('{').length).toBe(text.split('}').length)
})
