import { expect, test } from 'vitest'
import { gatewayBrokerUrls, ownHosts, ownOrigins } from '../../cloud/addresses.ts'

const none = { host: '0.0.0.0', publicUrl: undefined, brokerUrl: undefined, gatewayBrokerUrl: undefined }
const ports = { plain: 1883, tls: 8883 }

test.each([
  { name: 'nothing is set', settings: {}, certificate: 'mqtts://127.0.0.1:8883', hosts: [] },
  {
    name: 'an address to listen on',
    settings: { host: '10.0.0.7' },
    certificate: 'mqtts://10.0.0.7:8883',
    hosts: ['10.0.0.7'],
  },
  {
    name: 'a public address',
    settings: { publicUrl: 'https://kordon.example' },
    certificate: 'mqtts://kordon.example:8883',
    hosts: ['kordon.example'],
  },
  {
    name: 'a public address in IPv6',
    settings: { publicUrl: 'https://[2001:db8::1]' },
    certificate: 'mqtts://[2001:db8::1]:8883',
    hosts: ['2001:db8::1'],
  },
  {
    name: 'a broker address of its own',
    settings: { publicUrl: 'https://kordon.example', gatewayBrokerUrl: 'mqtts://cars.example:443' },
    certificate: 'mqtts://cars.example:443',
    hosts: ['kordon.example', 'cars.example'],
  },
])('a gateway is told where to connect: $name', ({ settings, certificate, hosts }) => {
  expect(gatewayBrokerUrls({ ...none, ...settings }, ports)).toEqual({ certificate, password: 'mqtt://127.0.0.1:1883' })
  expect(ownHosts({ ...none, ...settings })).toEqual(hosts)
})

test('behind an outside broker gateways get its address without our password', () => {
  const urls = gatewayBrokerUrls(
    { ...none, brokerUrl: 'mqtts://cloud:secret@broker.example:8883' },
    { plain: undefined, tls: undefined },
  )
  expect(urls).toEqual({ certificate: 'mqtts://broker.example:8883', password: 'mqtts://broker.example:8883' })
})

test('the origin of the public address is ours', () => {
  expect(ownOrigins({ ...none, publicUrl: 'https://kordon.example/console/' })).toEqual(['https://kordon.example'])
})
