import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { checkSamples } from '../../../edge/cli/sample-check.ts'
import { parseProfile } from '../../../edge/profile/profile-text.ts'
import { mistakeLine } from '../../../edge/profile/yaml-text.ts'

const shipped = (name: string): string =>
  readFileSync(new URL(`../../../device-profiles/${name}.yaml`, import.meta.url), 'utf8')

function profileOf(text: string, file: string) {
  const read = parseProfile(text, file)
  if (!('profile' in read)) throw new Error(read.mistakes.map(mistakeLine).join('\n'))
  return read.profile
}

/** What the check says of shipped samples with one change in them. */
function said(id: string, from: string, to: string): readonly string[] {
  const text = shipped(`samples/${id}`)
  if (!text.includes(from)) throw new Error(`not in the samples: ${from}`)
  return checkSamples(profileOf(shipped(id), `${id}.yaml`), text.replace(from, to), 'samples.yaml').map(mistakeLine)
}
const lineOf = (id: string, part: string): number =>
  shipped(`samples/${id}`)
    .slice(0, shipped(`samples/${id}`).indexOf(part))
    .split('\n').length

describe('samples that do not hold are told by line', () => {
  const shelly = 'shelly-gen2'
  const waveshare = 'waveshare-relay-8ch'
  test.each([
    {
      name: 'another value',
      id: shelly,
      from: 'temperature: { value: 46.4, quality: good }',
      to: 'temperature: { value: 46.5, quality: good }',
      says: 'samples.0.steps.0.expect.temperature: expected 46.5 good, but it is 46.4 good',
    },
    {
      name: 'a better quality',
      id: shelly,
      from: 'drive: { quality: bad, reason: decode }',
      to: 'drive: { value: free, quality: good }',
      says: 'samples.1.steps.0.expect.drive: expected "free" good, but it is bad (decode)',
    },
    {
      name: 'a reading that the profile has not',
      id: shelly,
      from: 'input: { value: true, quality: good }',
      to: 'inputs: { value: true, quality: good }',
      says: 'samples.0.steps.0.expect.inputs: no such reading: inputs',
    },
    {
      name: 'another message for free',
      id: shelly,
      from: 'free: { topic: "command/switch:0", payload: "off" }',
      to: 'free: { topic: "command/switch:0", payload: "OFF" }',
      says: 'writes.free: free is written as {"topic":"command/switch:0","payload":"off"}',
    },
    {
      name: 'something that is not on the deny-list',
      id: shelly,
      from: 'name: toggle, topic: "command/switch:0", payload: toggle',
      to: 'name: toggle, topic: "command/switch:0", payload: TOGGLE',
      says: 'neverSent.0: the deny-list of the profile does not forbid toggle',
    },
    {
      name: 'other bytes of a poll',
      id: waveshare,
      from: '{ group: io, rtu: ["01 01 00 00 00 08 3D CC"] }',
      to: '{ group: io, rtu: ["01 01 00 00 00 09 FC 0C"] }',
      says: 'reads.0.rtu: group io asks 01 01 00 00 00 08 3D CC',
    },
    {
      name: 'other bytes for blocked',
      id: waveshare,
      from: 'blocked: { rtu: "01 05 00 00 FF 00 8C 3A" }',
      to: 'blocked: { rtu: "01 05 00 01 FF 00 DD FA" }',
      says: 'writes.blocked: blocked is written as {"rtu":"01 05 00 00 FF 00 8C 3A"}',
    },
    {
      name: 'a declared action among what is never sent',
      id: waveshare,
      from: 'name: toggle relay 1, fc: 5, address: 0x0000, value: 0x5500',
      to: 'name: toggle relay 1, fc: 5, address: 0x0000, value: 0xFF00',
      says: 'neverSent.0: the deny-list of the profile does not forbid toggle relay 1',
    },
    {
      name: 'bytes that are no exchange',
      id: waveshare,
      from: '{ ask: "01 01 00 00 00 08 3D CC", answer: "01 01 01 00 51 88" }',
      to: '{ ask: "01 01 00 00 00 08 3D CC", answer: "02 01 01 00 51 CC" }',
      says: 'samples.0: no answer to 01 01 00 00 00 08 3D CC: 02 01 01 00 51 CC',
    },
    {
      name: 'a key that there is not',
      id: shelly,
      from: 'notBefore: 2020-01-01',
      to: 'notbefore: 2020-01-01',
      says: 'notbefore: unknown key: notbefore; notBefore is one',
    },
    {
      name: 'samples of another profile',
      id: shelly,
      from: 'profile: shelly-gen2',
      to: 'profile: shelly-gen1',
      says: 'profile: these are samples of another profile than shelly-gen2',
    },
  ])('$name', ({ id, from, to, says }) => {
    const found = said(id, from, to).find((line) => line.endsWith(says))
    expect(found, said(id, from, to).join('\n')).toBeDefined()
    const line = Number(found?.split(':')[1])
    // Where the mistake is about a list's member, its own line; the changed text stands there or right below.
    expect(Math.abs(line - lineOf(id, from)), found).toBeLessThanOrEqual(6)
  })

  test('samples that show too little', () => {
    const text = `schema: kordon-profile-samples/1
profile: shelly-gen2
notBefore: 2020-01-01
samples:
  - { name: off, steps: [{ afterMs: 0, messages: [{ topic: "status/switch:0", payload: '{"output":false}' }], expect: { drive: { value: free, quality: good } } }] }
`
    const lines = checkSamples(profileOf(shipped(shelly), `${shelly}.yaml`), text, 'samples.yaml').map(mistakeLine)
    expect(lines).toEqual([
      'samples.yaml:4:1: samples: no sample expects a reading that is bad',
      'samples.yaml:4:1: samples: no sample expects a reading that is stale',
      'samples.yaml:4:1: samples: no sample shows a value that is missing or a device that is silent',
      'samples.yaml:4:1: samples: no sample makes input a good reading',
      'samples.yaml:4:1: samples: no sample makes temperature a good reading',
      'samples.yaml:4:1: samples: no sample makes online a good reading',
      'samples.yaml:1:1: writes: exactly a profile with an action says here what it writes for free and blocked',
    ])
  })
})
