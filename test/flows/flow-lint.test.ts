import { globSync } from 'node:fs'
import { expect, test } from 'vitest'
import { lintFlows } from '../../flows/flow-lint.ts'
import { EXCLUDED_NODES } from '../../flows/flow-settings.ts'
import { loadFlows } from '../../flows/flow-store.ts'

const TAB = { id: '00000000000000aa', type: 'tab', label: 'a tab' }
const withNode = (node: object) => [{ file: 'a.json', nodes: [TAB, { id: '00000000000000ab', z: TAB.id, ...node }] }]

test('the shipped flows have no mistake', () => {
  expect(loadFlows(new URL('../../flows', import.meta.url).pathname).map(({ file }) => file)).toContain('notify.json')
})

test.each([
  [{ type: 'function' }, `is of the denied type 'function'`],
  [{ type: 'exec' }, `is of the denied type 'exec'`],
  [{ type: 'file in' }, `is of the denied type 'file in'`],
  [{ type: 'http request' }, `is of the denied type 'http request'`],
  [{ type: 'tcp out' }, `is of the denied type 'tcp out'`],
  [{ type: 'modbus-write' }, `is of the denied type 'modbus-write'`],
  [{ type: 'serial out' }, `is of the denied type 'serial out'`],
  [{ type: 'debug', id: 'a1' }, 'has no pinned id'],
  [{ type: 'debug', id: undefined }, 'has no pinned id'],
  [{ type: 'debug', id: TAB.id }, 'has an id that another node has'],
  [{ type: 'debug', wires: [['00000000000000ff']] }, 'refers to 00000000000000ff'],
  [{ type: 'debug', z: '00000000000000ff' }, 'refers to 00000000000000ff'],
  [{ type: 'tab' }, 'holds 2 tabs'],
  [{ type: 'mqtt out', topic: 'cmnd/plug/POWER' }, 'can move a relay'],
  [{ type: 'mqtt out', topic: 'cmnd/plug/POWER1' }, 'can move a relay'],
  [{ type: 'mqtt out', topic: 'shelly-1/rpc' }, 'can move a relay'],
  [{ type: 'mqtt out', topic: 'shelly-1/command/switch:0' }, 'can move a relay'],
  [{ type: 'mqtt out', topic: 'shellies/plug/relay/0/command' }, 'can move a relay'],
  [{ type: 'mqtt out', topic: 'kordon/v1/gw-aaaaaaaa/down/order' }, 'can move a relay'],
  [{ type: 'mqtt out', topic: '' }, 'not written in the flow'],
  [{ type: 'mqtt out', topic: `\${TOPIC}` }, 'not written in the flow'],
  [{ type: 'change', rules: [{ t: 'set', p: 'payload', to: '$now()', tot: 'jsonata' }] }, 'carries an expression'],
])('%o %s', (node, expected) => {
  expect(lintFlows(withNode(node))).toContainEqual(expect.stringContaining(expected))
})

test('a harmless node and a harmless topic pass', () => {
  expect(lintFlows(withNode({ type: 'mqtt out', topic: 'office/notice', wires: [] }))).toEqual([])
})

test.each(EXCLUDED_NODES)('%s, which is not to be loaded, is a file of Node-RED of today', (file) => {
  expect(globSync(`node_modules/@node-red/nodes/core/*/${file}`)).toHaveLength(1)
})
