import type { CloudConfig } from './config.ts'

type Settings = Pick<CloudConfig, 'host' | 'publicUrl' | 'brokerUrl' | 'gatewayBrokerUrl'>

/** Listening on these means every address of the machine, so they name none. */
const EVERYWHERE: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

/** Pure. Names under which gateways reach us, for the server certificate. */
export function ownHosts({ host, publicUrl, gatewayBrokerUrl }: Settings): readonly string[] {
  const named = [publicUrl, gatewayBrokerUrl].flatMap((url) => (url === undefined ? [] : [hostOf(url)]))
  return [...new Set(EVERYWHERE.has(host) ? named : [...named, host])]
}

/** Pure. Origins under which browsers may speak to us, besides the Host they name. */
export const ownOrigins = ({ publicUrl }: Settings): readonly string[] =>
  publicUrl === undefined ? [] : [new URL(publicUrl).origin]

/** Pure. The name under which passkeys are made: it has to be a domain, so without a public URL it is `localhost`. */
export function relyingParty({ publicUrl, httpPort }: Pick<CloudConfig, 'publicUrl' | 'httpPort'>) {
  if (publicUrl === undefined) return { id: 'localhost', origins: [`http://localhost:${httpPort}`] }
  const { hostname, origin } = new URL(publicUrl)
  return { id: hostname, origins: [origin] }
}

type Ports = { readonly plain: number | undefined; readonly tls: number | undefined }

/** Pure. Where a gateway is told to connect, with a certificate and with a password. Carries no password of ours. */
export function gatewayBrokerUrls(settings: Settings, ports: Ports) {
  const { gatewayBrokerUrl, brokerUrl, publicUrl, host } = settings
  const outside = brokerUrl === undefined ? undefined : withoutUser(brokerUrl)
  const name = publicUrl !== undefined ? hostOf(publicUrl) : EVERYWHERE.has(host) ? '127.0.0.1' : host
  return {
    certificate: gatewayBrokerUrl ?? outside ?? `mqtts://${bracketed(name)}:${ports.tls ?? 8883}`,
    password: outside ?? `mqtt://127.0.0.1:${ports.plain ?? 1883}`,
  }
}

/** Pure. The address to give to people: the public one, else where we really listen. */
export function consoleUrl({ publicUrl, host }: Pick<CloudConfig, 'publicUrl' | 'host'>, port: number): string {
  if (publicUrl !== undefined) return new URL(publicUrl).origin
  return `http://${bracketed(EVERYWHERE.has(host) ? '127.0.0.1' : host)}:${port}`
}

/** A URL writes IPv6 in brackets, a certificate without. */
const hostOf = (url: string): string => new URL(url).hostname.replace(/^\[|\]$/g, '')
const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host)

function withoutUser(url: string): string {
  const plain = new URL(url)
  plain.username = ''
  plain.password = ''
  return plain.href.replace(/\/$/, '')
}
