// Long on purpose: one second person with his key, and all that must not pass for his word.
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { GatewayId, OrderId, VehicleId } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import { Assertion, Registration } from '../../../cloud/factors/key-answer.ts'
import { type ListedBlock, listOf } from '../../../cloud/signer/approval-list.ts'
import { createApprovalService } from '../../../cloud/signer/approval-service.ts'
import { createApproverSecretStore } from '../../../cloud/signer/approver-secret-store.ts'
import { readCbor } from '../../../cloud/signer/cbor.ts'
import { createPasskeyClient } from '../../../cloud/signer/passkey-client.ts'
import { createPasskeyStore } from '../../../cloud/signer/passkey-store.ts'
import type { UnnumberedOrder } from '../../../cloud/signer/signer-message.ts'
import { DEFAULT_POLICY, type SignerPolicy } from '../../../cloud/signer/signer-policy.ts'
import { createSignerService } from '../../../cloud/signer/signer-service.ts'
import { createSignerStore, type SignerStore } from '../../../cloud/signer/signer-store.ts'
import { APPROVERS_PARTY, setUpApprover, setUpPasskey } from '../../support/approver-app.ts'
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'
import { createSoftPasskey, type Twist } from '../../support/soft-passkey.ts'

let folder: string
let store: SignerStore
let clock: ManualClock
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kordon-approvals-'))
  store = createSignerStore(folder)
  clock = createManualClock()
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true })
})

/** A signer in whose ten minutes no car may be blocked on one word. */
const house = (policy: Partial<SignerPolicy> = {}) => {
  const deps = { store, policy: { ...DEFAULT_POLICY, vehiclesPerTenMinutes: 0, ...policy }, clock, log: silentLog }
  const { waysOf, ...approvals } = createApprovalService({
    ...deps,
    secrets: createApproverSecretStore(folder),
    passkeys: createPasskeyStore(folder),
    checks: createPasskeyClient(APPROVERS_PARTY),
  })
  return { ...createSignerService({ ...deps, waysOf }), ...approvals }
}

const id = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
const NOT_AFTER = epochMs(1_795_290_023_456)
const blockOf = (number: number, car = number): ListedBlock => ({
  orderId: OrderId.parse(id(number)),
  vehicleId: VehicleId.parse(id(900_000 + car)),
  gatewayId: GatewayId.parse(`gw-car${String(car).padStart(6, '0')}`),
  reasons: ['theft'],
  notAfter: NOT_AFTER,
})
const claimsOf = ({ gatewayId, reasons, ...block }: ListedBlock, more: object = {}): UnnumberedOrder => ({
  ...{ ...block, aud: gatewayId, reasons: [...reasons], action: 'block', iat: epochMs(1), by: 'user:owner' },
  ...more,
})
const asked = (claims: UnnumberedOrder) => ({
  claims,
  above: 0,
  basis: { asker: 'person', approvals: [{ id: 'owner', name: 'owner', at: clock.now() }], fleetSize: 100 } as const,
})

/** Owner and head are registered; the head has a passkey here. */
async function ready(policy: Partial<SignerPolicy> = {}) {
  const signer = house(policy)
  for (const name of ['owner', 'head']) await signer.addApprover({ id: name, name, by: 'owner' })
  const key = await setUpPasskey(signer, folder, 'head', clock.now())
  const ask = async (...blocks: readonly ListedBlock[]) => {
    const answer = await signer.askPasskey({ id: 'head', blocks })
    if (answer.outcome === 'refused') throw new Error(answer.reason)
    return answer
  }
  const outcomes = (...orders: readonly UnnumberedOrder[]) =>
    Promise.all(orders.map(async (claims) => (await signer.sign(asked(claims))).outcome))
  return { signer, key, ask, outcomes }
}

describe('a passkey over a list of cars', () => {
  test('lets exactly the listed orders be signed, and is kept with the list for ever', async () => {
    const { signer, key, ask, outcomes } = await ready()
    expect(await outcomes(claimsOf(blockOf(1)))).toEqual(['refused'])
    const { wish, until, question } = await ask(blockOf(2), blockOf(1))
    expect(until).toBe(NOT_AFTER)
    expect(question).toMatchObject({ rpId: 'console.example', userVerification: 'required' })
    const list = listOf(wish, 'head', [blockOf(1), blockOf(2)])
    expect(question.challenge).toBe(createHash('sha256').update(JSON.stringify(list)).digest('base64url'))
    const passkey = key.answer(question.challenge)
    expect(await signer.approveByPasskey({ id: 'head', wish, passkey })).toEqual({
      outcome: 'approved',
      way: 'passkey',
      orders: [id(1), id(2)],
    })
    // A car that was not on the list, and orders that only call themselves listed.
    const other = { vehicleId: VehicleId.parse(id(900_003)) }
    for (const claims of [
      claimsOf(blockOf(3)),
      claimsOf(blockOf(1), other),
      claimsOf(blockOf(1), { aud: GatewayId.parse('gw-another1') }),
      claimsOf(blockOf(1), { reasons: ['balance'] }),
      claimsOf(blockOf(1), { reasons: ['theft', 'balance'] }),
      claimsOf(blockOf(1), { notAfter: epochMs(NOT_AFTER + 1) }),
    ])
      expect(await signer.sign(asked(claims))).toMatchObject({ outcome: 'refused', reason: 'two-persons' })
    expect(await outcomes(claimsOf(blockOf(1)), claimsOf(blockOf(2)))).toEqual(['signed', 'signed'])
    store.close()
    const db = new DatabaseSync(join(folder, 'signer.sqlite'))
    const kept = db.prepare('SELECT approver_id AS approver, list, answer FROM signed_lists').all()
    db.close()
    expect(kept).toEqual([{ approver: 'head', list: JSON.stringify(list), answer: JSON.stringify(passkey) }])
    store = createSignerStore(folder)
  })

  test('is not counted for whoever is no registered approver, however good the key', async () => {
    const { signer } = await ready()
    const stranger = await setUpPasskey(signer, folder, 'stranger', clock.now())
    const answer = await signer.askPasskey({ id: 'stranger', blocks: [blockOf(1)] })
    if (answer.outcome === 'refused') throw new Error(answer.reason)
    const passkey = stranger.answer(answer.question.challenge)
    expect(await signer.approveByPasskey({ id: 'stranger', wish: answer.wish, passkey })).toMatchObject({
      outcome: 'approved',
    })
    expect(await signer.sign(asked(claimsOf(blockOf(1))))).toMatchObject({ reason: 'two-persons' })
  })

  const twists: readonly { name: string; twist: Twist }[] = [
    { name: 'of another origin', twist: { origin: 'https://console.example.evil' } },
    { name: 'of the plain address of the same name', twist: { origin: 'http://console.example' } },
    { name: 'made for another name', twist: { rpId: 'evil.example' } },
    { name: 'without the person being recognised', twist: { flags: 0x01 } },
    { name: 'without the person being there', twist: { flags: 0x04 } },
    { name: 'that says it was backed up and cannot be', twist: { flags: 0x15 } },
    { name: 'that is one to a registration', twist: { type: 'webauthn.create' } },
  ]
  test.each(twists)('refuses an answer $name, and the question is spent', async ({ twist }) => {
    const { signer, key, ask, outcomes } = await ready()
    const { wish, question } = await ask(blockOf(1))
    const say = (passkey: Assertion) => signer.approveByPasskey({ id: 'head', wish, passkey })
    expect(await say(key.answer(question.challenge, twist))).toEqual({ outcome: 'refused', reason: 'passkey-wrong' })
    expect(await say(key.answer(question.challenge))).toEqual({ outcome: 'refused', reason: 'question-over' })
    expect(await outcomes(claimsOf(blockOf(1)))).toEqual(['refused'])
  })

  test('refuses the digest of another list, an answer heard before, one too late, and one to a question replaced', async () => {
    const { signer, key, ask, outcomes } = await ready()
    const wrong = { outcome: 'refused', reason: 'passkey-wrong' }
    const over = { outcome: 'refused', reason: 'question-over' }
    const first = await ask(blockOf(1))
    const heard = key.answer(first.question.challenge)
    expect(await signer.approveByPasskey({ id: 'head', wish: first.wish, passkey: heard })).toMatchObject({
      outcome: 'approved',
    })
    // Heard on the way: as it was, and under a question for more cars.
    expect(await signer.approveByPasskey({ id: 'head', wish: first.wish, passkey: heard })).toEqual(over)
    const more = await ask(blockOf(1), blockOf(2), blockOf(3))
    expect(await signer.approveByPasskey({ id: 'head', wish: more.wish, passkey: heard })).toEqual(wrong)
    // The very same cars asked for once more are another list.
    const again = await ask(blockOf(1))
    expect(again.question.challenge).not.toBe(first.question.challenge)
    const late = key.answer(again.question.challenge)
    await clock.advance(300_001)
    expect(await signer.approveByPasskey({ id: 'head', wish: again.wish, passkey: late })).toEqual(over)
    const replaced = await ask(blockOf(4))
    await ask(blockOf(5))
    const passkey = key.answer(replaced.question.challenge)
    expect(await signer.approveByPasskey({ id: 'head', wish: replaced.wish, passkey })).toEqual(over)
    expect(await outcomes(...[2, 3, 4, 5].map((number) => claimsOf(blockOf(number))))).toEqual(
      Array.from({ length: 4 }, () => 'refused'),
    )
  })

  test('refuses a key nobody brought, another person’s key, and a signature that is none', async () => {
    const { signer, key, ask } = await ready()
    const owners = await setUpPasskey(signer, folder, 'owner', clock.now())
    const unknown = createSoftPasskey(APPROVERS_PARTY.id, APPROVERS_PARTY.origins[0] ?? '')
    for (const forge of [
      (challenge: string) => unknown.answer(challenge),
      (challenge: string) => owners.answer(challenge),
      // The id of the right key over the signature of another.
      (challenge: string) => ({ ...unknown.answer(challenge), id: key.answer('x').id }),
      (challenge: string) => {
        const { response, ...rest } = key.answer(challenge)
        return { ...rest, response: { ...response, signature: Buffer.alloc(70).toString('base64url') } }
      },
    ]) {
      const { wish, question } = await ask(blockOf(1))
      const passkey = forge(question.challenge)
      expect(await signer.approveByPasskey({ id: 'head', wish, passkey })).toMatchObject({ reason: 'passkey-wrong' })
    }
    const { wish, question } = await ask(blockOf(1))
    const asOwner = await signer.approveByPasskey({ id: 'owner', wish, passkey: key.answer(question.challenge) })
    expect(asOwner).toMatchObject({ reason: 'question-over' })
  })

  test('a counter that does not rise is a copy: neither key counts any more, across restarts', async () => {
    const { signer, key, ask } = await ready()
    const say = async (twist: Twist = {}) => {
      const { wish, question } = await ask(blockOf(1))
      return signer.approveByPasskey({ id: 'head', wish, passkey: key.answer(question.challenge, twist) })
    }
    expect(await say({ counter: 7 })).toMatchObject({ outcome: 'approved' })
    expect(await say({ counter: 7 })).toMatchObject({ reason: 'passkey-cloned' })
    expect(await say({ counter: 900 })).toMatchObject({ reason: 'passkey-cloned' })
    store.close()
    store = createSignerStore(folder)
    const started = house()
    const asks = await started.askPasskey({ id: 'head', blocks: [blockOf(1)] })
    if (asks.outcome === 'refused') throw new Error(asks.reason)
    const passkey = key.answer(asks.question.challenge, { counter: 1000 })
    expect(await started.approveByPasskey({ id: 'head', wish: asks.wish, passkey })).toMatchObject({
      reason: 'passkey-cloned',
    })
  })

  test('a key without a counter, as those that are kept in a cloud are, goes on with nought', async () => {
    const { signer, key, ask } = await ready()
    store.keepSignedList({
      list: listOf('before', 'head', [blockOf(9)]),
      credentialId: key.answer('x').id,
      counter: 0,
      at: clock.now(),
      answer: {},
    })
    for (const number of [1, 2]) {
      const { wish, question } = await ask(blockOf(number))
      const passkey = key.answer(question.challenge, { counter: 0 })
      expect(await signer.approveByPasskey({ id: 'head', wish, passkey })).toMatchObject({ outcome: 'approved' })
    }
  })
})

describe('codes beside passkeys', () => {
  test.each([
    { approvalCodes: 'always', owner: 'approved', head: 'approved', ways: [['code'], ['code', 'passkey']] },
    { approvalCodes: 'without-passkey', owner: 'approved', head: 'passkey-wanted', ways: [['code'], ['passkey']] },
    { approvalCodes: 'never', owner: 'passkey-wanted', head: 'passkey-wanted', ways: [[], ['passkey']] },
  ] as const)('with codes counting $approvalCodes', async ({ approvalCodes, owner, head, ways }) => {
    const { signer } = await ready({ approvalCodes })
    const said: string[] = []
    for (const name of ['owner', 'head']) {
      const code = setUpApprover(folder, name, name).code(clock.now())
      const answer = await signer.approve({ id: name, code, orders: [OrderId.parse(id(1))] })
      said.push(answer.outcome === 'refused' ? answer.reason : `${answer.outcome}`)
    }
    expect(said).toEqual([owner, head])
    const { approvers } = await signer.status()
    expect(['owner', 'head'].map((name) => approvers.find((one) => one.name === name)?.ways)).toEqual(ways)
  })

  test('REST makes them count less, never more', async () => {
    const { signer } = await ready()
    const set = async (approvalCodes: SignerPolicy['approvalCodes']) =>
      (await signer.tighten({ policy: { approvalCodes }, by: 'owner' })).policy.approvalCodes
    expect([await set('always'), await set('never'), await set('always'), await set('without-passkey')]).toEqual([
      'without-passkey',
      'never',
      'never',
      'never',
    ])
  })
})

describe('bringing a passkey', () => {
  const fresh = () => createSoftPasskey(APPROVERS_PARTY.id, APPROVERS_PARTY.origins[0] ?? '')
  const begin = async (signer: ReturnType<typeof house>, word: string) => {
    const begun = await signer.beginPasskey({ id: 'head', name: 'head', word })
    if (begun.outcome === 'refused') throw new Error(begun.reason)
    return begun.question.challenge
  }

  test('takes a word of the signer’s terminal, once, and a thumbprint that is said there', async () => {
    const signer = house()
    const terminal = createPasskeyStore(folder)
    const refused = (reason: string) => ({ outcome: 'refused', reason })
    expect(await signer.beginPasskey({ id: 'head', name: 'head', word: 'GUESS-GUESS' })).toEqual(refused('wrong-word'))
    const word = terminal.invite('head', 'head', clock.now())
    // Neither somebody else's word, nor an answer that no question was put for.
    expect(await signer.beginPasskey({ id: 'owner', name: 'owner', word })).toEqual(refused('wrong-word'))
    const key = fresh()
    expect(await signer.keepPasskey({ id: 'head', passkey: key.register('x') })).toEqual(refused('question-over'))
    const kept = await signer.keepPasskey({
      id: 'head',
      passkey: key.register(await begin(signer, word.toLowerCase().replace('-', ' '))),
    })
    if (kept.outcome === 'refused') throw new Error(kept.reason)
    expect(await signer.askPasskey({ id: 'head', blocks: [blockOf(1)] })).toEqual(refused('no-passkey'))
    expect(await signer.beginPasskey({ id: 'head', name: 'head', word })).toEqual(refused('wrong-word'))
    expect(terminal.confirm('0000-0000-0000-0000-0000')).toBeUndefined()
    expect(terminal.confirm(kept.thumbprint.toLowerCase())).toMatchObject({ id: 'head', state: 'confirmed' })
    expect(terminal.confirm(kept.thumbprint)).toBeUndefined()
    expect(await signer.askPasskey({ id: 'head', blocks: [blockOf(1)] })).toMatchObject({ outcome: 'asked' })
    for (const file of readdirSync(join(folder, 'passkeys')))
      expect(statSync(join(folder, 'passkeys', file)).mode & 0o777).toBe(0o600)
    expect(terminal.forget('head')).toBe(1)
    expect(await signer.askPasskey({ id: 'head', blocks: [blockOf(1)] })).toEqual(refused('no-passkey'))
  })

  test('a word ends after a quarter of an hour, and five wrong ones lock the next for ten minutes', async () => {
    const signer = house()
    const terminal = createPasskeyStore(folder)
    const old = terminal.invite('head', 'head', clock.now())
    await clock.advance(900_001)
    const say = (word: string) => signer.beginPasskey({ id: 'head', name: 'head', word })
    expect(await say(old)).toMatchObject({ reason: 'wrong-word' })
    for (let guess = 0; guess < 4; guess += 1)
      expect(await say(`GUESS-${guess}`)).toMatchObject({ reason: 'wrong-word' })
    const word = terminal.invite('head', 'head', clock.now())
    expect(await say(word)).toMatchObject({ reason: 'locked' })
    await clock.advance(600_000)
    expect(await say(word)).toMatchObject({ outcome: 'asked' })
  })

  test.each<{ name: string; twist: Twist }>([
    { name: 'of another origin', twist: { origin: 'https://evil.example' } },
    { name: 'for another name', twist: { rpId: 'evil.example' } },
    { name: 'without the person being recognised', twist: { flags: 0x41 } },
    { name: 'without the key in it', twist: { flags: 0x05 } },
    { name: 'that is one to a sign-in', twist: { type: 'webauthn.get' } },
  ])('refuses a new key $name', async ({ twist }) => {
    const signer = house()
    const word = createPasskeyStore(folder).invite('head', 'head', clock.now())
    const passkey = fresh().register(await begin(signer, word), twist)
    expect(await signer.keepPasskey({ id: 'head', passkey })).toMatchObject({ reason: 'passkey-wrong' })
  })

  test('a second word makes the first key that waits, and the first word, void', async () => {
    const signer = house()
    const terminal = createPasskeyStore(folder)
    const challenge = await begin(signer, terminal.invite('head', 'head', clock.now()))
    const word = terminal.invite('head', 'head', clock.now())
    expect(await signer.keepPasskey({ id: 'head', passkey: fresh().register(challenge) })).toMatchObject({
      reason: 'question-over',
    })
    const first = await signer.keepPasskey({ id: 'head', passkey: fresh().register(await begin(signer, word)) })
    const third = terminal.invite('head', 'head', clock.now())
    const second = await signer.keepPasskey({ id: 'head', passkey: fresh().register(await begin(signer, third)) })
    if (first.outcome === 'refused' || second.outcome === 'refused') throw new Error('refused')
    expect(terminal.confirm(first.thumbprint)).toBeUndefined()
    expect(terminal.confirm(second.thumbprint)).toMatchObject({ id: 'head' })
  })
})

describe('the check of an answer', () => {
  const checks = createPasskeyClient(APPROVERS_PARTY)
  const client = (type: string, challenge: string): Buffer =>
    Buffer.from(JSON.stringify({ type, challenge, origin: 'https://console.example' }))
  const name = createHash('sha256').update('console.example').digest()
  const item = (major: number, length: number): Buffer =>
    length < 24 ? Buffer.of((major << 5) | length) : Buffer.of((major << 5) | 25, length >> 8, length & 255)
  const bytes = (value: Buffer): Buffer => Buffer.concat([item(2, value.length), value])
  const word = (value: string): Buffer => Buffer.concat([item(3, value.length), Buffer.from(value)])
  /** What a browser tells of a new key with this COSE key. */
  const registration = (cose: Buffer, credential = Buffer.from('a key')) => {
    const data = Buffer.concat([
      ...[name, Buffer.of(0x45, 0, 0, 0, 1), Buffer.alloc(16), Buffer.of(0, credential.length), credential, cose],
    ])
    const attestation = Buffer.concat([
      ...[item(5, 3), word('fmt'), word('none'), word('attStmt'), item(5, 0), word('authData'), bytes(data)],
    ])
    return Registration.parse({
      id: credential.toString('base64url'),
      rawId: credential.toString('base64url'),
      type: 'public-key',
      response: {
        clientDataJSON: client('webauthn.create', 'c').toString('base64url'),
        attestationObject: attestation.toString('base64url'),
      },
    })
  }

  test.each([
    {
      kind: 'RS256',
      make: () => {
        const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
        const { n = '', e = '' } = pair.publicKey.export({ format: 'jwk' })
        const [modulus, exponent] = [Buffer.from(n, 'base64url'), Buffer.from(e, 'base64url')]
        // {1: 3, 3: -257, -1: n, -2: e}
        const cose = Buffer.concat([
          Buffer.from('a401030339010020', 'hex'),
          bytes(modulus),
          Buffer.of(0x21),
          bytes(exponent),
        ])
        return { ...pair, cose, digest: 'sha256' }
      },
    },
    {
      kind: 'EdDSA',
      make: () => {
        const pair = generateKeyPairSync('ed25519')
        const x = Buffer.from(pair.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
        // {1: 1, 3: -8, -1: 6, -2: x}
        return { ...pair, cose: Buffer.concat([Buffer.from('a4010103272006215820', 'hex'), x]), digest: null }
      },
    },
  ])('takes $kind too', ({ make }) => {
    const { privateKey, cose, digest } = make()
    const key = checks.registered(registration(cose), 'c')
    if (key === undefined) throw new Error('not registered')
    const data = Buffer.concat([name, Buffer.of(0x05, 0, 0, 0, 9)])
    const said = client('webauthn.get', 'd')
    const signature = sign(digest, Buffer.concat([data, createHash('sha256').update(said).digest()]), privateKey)
    const answer = Assertion.parse({
      id: key.credentialId,
      rawId: key.credentialId,
      type: 'public-key',
      response: {
        clientDataJSON: said.toString('base64url'),
        authenticatorData: data.toString('base64url'),
        signature: signature.toString('base64url'),
      },
    })
    expect(checks.answered(answer, key, 'd')).toBe(9)
    expect(checks.answered(answer, key, 'e')).toBeUndefined()
  })

  test('a short RSA key, a key of no kind that was asked for, and one under another id are not taken', () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const modulus = Buffer.from(publicKey.export({ format: 'jwk' }).n ?? '', 'base64url')
    const short = Buffer.concat([
      Buffer.from('a401030339010020', 'hex'),
      bytes(modulus),
      Buffer.from('2143010001', 'hex'),
    ])
    const none = Buffer.from('a101182a', 'hex')
    for (const cose of [short, none]) expect(checks.registered(registration(cose), 'c')).toBeUndefined()
    const soft = createSoftPasskey(APPROVERS_PARTY.id, APPROVERS_PARTY.origins[0] ?? '')
    const good = Registration.parse(soft.register('c'))
    expect(checks.registered(good, 'c')).toMatchObject({ credentialId: good.id })
    expect(checks.registered({ ...good, id: 'YW5vdGhlcg' }, 'c')).toBeUndefined()
  })

  test('whatever bytes come, nothing is thrown and nothing is taken', () => {
    const soft = createSoftPasskey(APPROVERS_PARTY.id, APPROVERS_PARTY.origins[0] ?? '')
    const good = Registration.parse(soft.register('c'))
    const whole = Buffer.from(good.response.attestationObject, 'base64url')
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(whole.length - 1), (noise, cut) => {
        for (const attestation of [Buffer.from(noise), whole.subarray(0, cut)]) {
          const response = { ...good.response, attestationObject: attestation.toString('base64url') }
          expect(checks.registered({ ...good, response }, 'c')).toBeUndefined()
        }
      }),
      { numRuns: 500 },
    )
  })

  test.each([
    ['00', 0],
    ['1903e8', 1000],
    ['1a000f4240', 1_000_000],
    ['3903e7', -1000],
    ['6449455446', 'IETF'],
    ['83010203', [1, 2, 3]],
    ['83f4f5f6', [false, true, null]],
    [
      'a201020304',
      new Map([
        [1, 2],
        [3, 4],
      ]),
    ],
  ])('CBOR %s is read', (hex, value) => {
    expect(readCbor(Buffer.from(hex, 'hex')).value).toEqual(value)
  })

  test.each([
    { name: 'cut short', hex: '4401' },
    { name: 'a number of 64 bits', hex: '1b0000000000000001' },
    { name: 'without a length', hex: '9f01ff' },
    { name: 'a tag', hex: 'c000' },
    { name: 'a fraction', hex: 'f93c00' },
    { name: 'nested without end', hex: '81'.repeat(20) },
    { name: 'an array of a billion', hex: '9a3b9aca00' },
  ])('CBOR that is $name is refused', ({ hex }) => {
    expect(() => readCbor(Buffer.from(hex, 'hex'))).toThrow(RangeError)
  })
})
