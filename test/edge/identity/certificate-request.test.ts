import 'reflect-metadata'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { Pkcs10CertificateRequest } from '@peculiar/x509'
import { expect, test } from 'vitest'
import { createGatewayKey } from '../../../edge/identity/key-client.ts'

test('a certificate library reads the request, finds the name and believes the signature', async () => {
  const { csrPem, keyPem } = await createGatewayKey()
  const request = new Pkcs10CertificateRequest(csrPem)
  expect(request.subject).toBe('CN=kordon-gateway')
  expect(await request.verify()).toBe(true)
  const spki = createPublicKey(createPrivateKey(keyPem)).export({ type: 'spki', format: 'der' })
  expect(Buffer.from(request.publicKey.rawData).equals(spki)).toBe(true)
})

test('a request whose bytes were changed is not believed', async () => {
  const { csrPem } = await createGatewayKey()
  const bytes = Buffer.from(csrPem.replace(/-----.*-----/g, ''), 'base64')
  const name = bytes.indexOf('kordon')
  bytes[name] = (bytes[name] ?? 0) ^ 1
  expect(await new Pkcs10CertificateRequest(bytes).verify()).toBe(false)
})
