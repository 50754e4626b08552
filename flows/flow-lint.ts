/** One file of `flows/`: a tab and its nodes, as Node-RED writes them. */
export type FlowNode = { readonly id?: unknown; readonly type?: unknown; readonly [key: string]: unknown }
export type FlowFile = { readonly file: string; readonly nodes: readonly FlowNode[] }

/** Types that run code, touch files, start programs or open connections of their own. */
export const DENIED_TYPES = [
  'function',
  'exec',
  'file',
  'file in',
  'watch',
  'http in',
  'http request',
  'http proxy',
  'websocket in',
  'websocket out',
  'tcp in',
  'tcp out',
  'tcp request',
  'udp in',
  'udp out',
  'unknown',
] as const
const DENIED_FAMILY = /modbus|serial|daemon|ssh|gpio/i

/** Topics that move a relay, ours or a smart plug's: only the gateway's immobilizer service may speak there. */
const RELAY_TOPIC = /^kordon\/|(^|\/)down\/|^cmnd\/|\/power\d*$|\/command(\/|$)|\/rpc$|^shellies\/|\/relay\//i
const PINNED_ID = /^[0-9a-f]{16}$/

/** Pure. Every mistake in the flows, each naming file and node; none means they may run. */
export function lintFlows(files: readonly FlowFile[]): readonly string[] {
  const all = files.flatMap(({ file, nodes }) => nodes.map((node) => ({ file, node })))
  const ids = all.map(({ node }) => node.id)
  const twice = all.filter(({ node }, at) => ids.indexOf(node.id) !== at)
  return [
    ...files.flatMap(tabsOf),
    ...all.flatMap(({ file, node }) =>
      mistakesOf(node).map((mistake) => `${file}: node ${String(node.id)} ${mistake}`),
    ),
    ...twice.map(({ file, node }) => `${file}: node ${String(node.id)} has an id that another node has`),
    ...files.flatMap(danglingOf),
  ]
}

const tabsOf = ({ file, nodes }: FlowFile): readonly string[] => {
  const tabs = nodes.filter(({ type }) => type === 'tab').length
  return tabs === 1 ? [] : [`${file}: holds ${tabs} tabs; one file is one tab`]
}

function mistakesOf(node: FlowNode): readonly string[] {
  const type = String(node.type)
  const mistakes: string[] = []
  if (typeof node.id !== 'string' || !PINNED_ID.test(node.id)) mistakes.push('has no pinned id of 16 hex digits')
  if (DENIED_TYPES.some((denied) => denied === type) || DENIED_FAMILY.test(type))
    mistakes.push(`is of the denied type '${type}'`)
  if (type === 'mqtt out') mistakes.push(...relayTopicOf(node['topic']))
  const rules = Array.isArray(node['rules']) ? node['rules'] : []
  if (/jsonata/.test(JSON.stringify([rules, node['propertyType'], node['props'] ?? []])))
    mistakes.push('carries an expression; a flow holds no code')
  return mistakes
}

const relayTopicOf = (topic: unknown): readonly string[] => {
  if (typeof topic !== 'string' || topic === '' || topic.includes('$'))
    return ['publishes to a topic that is not written in the flow']
  return RELAY_TOPIC.test(topic) ? [`publishes to '${topic}', which can move a relay`] : []
}

function danglingOf({ file, nodes }: FlowFile): readonly string[] {
  const known = new Set(nodes.map(({ id }) => id))
  return nodes.flatMap((node) => {
    const targets = Array.isArray(node['wires']) ? node['wires'].flat() : []
    const strange = [...targets, ...(typeof node['z'] === 'string' ? [node['z']] : [])].filter((id) => !known.has(id))
    return strange.map((id) => `${file}: node ${String(node.id)} refers to ${String(id)}, which is not in the file`)
  })
}
