import type { GatewayId } from '#contract/ids.ts'
import { accessFilters } from '#contract/topics.ts'
import { CLOUD_USER } from './mosquitto-files.ts'

/** Pure. An MQTT filter as a subject of NATS: levels by dots, `+` is `*`, `#` is `>`. Our words have no dots in them. */
export const natsSubject = (filter: string): string =>
  filter
    .split('/')
    .map((level) => (level === '+' ? '*' : level === '#' ? '>' : level))
    .join('.')

const quoted = (filters: readonly string[]): string => filters.map((filter) => `"${natsSubject(filter)}"`).join(', ')
/** Where NATS delivers messages of QoS 1 to its own MQTT clients. */
const OWN_DELIVERY = '"$MQTT.sub.>"'

/**
 * Pure. NATS has no name in a permission: each gateway in service is a user, mapped from its certificate's subject.
 * Whoever is not in the list does not get in, and a reload ends the session of who has left it.
 */
export function natsConfig(gateways: readonly GatewayId[]): Readonly<Record<string, string>> {
  const userOf = (id: GatewayId): string => {
    const { gateway, everyDown } = accessFilters(id)
    const heard = `${quoted([...gateway.hear, everyDown])}, ${OWN_DELIVERY}`
    return `  { user: "CN=${id}", permissions: { publish: [${quoted(gateway.publish)}], subscribe: [${heard}] } }`
  }
  const { cloud } = accessFilters('*')
  const users = [
    `  { user: "${CLOUD_USER}", password: $KORDON_BROKER_PASSWORD, permissions: { publish: [${quoted(cloud.publish)}], subscribe: [${quoted(cloud.hear)}, ${OWN_DELIVERY}] } }`,
    ...gateways.map(userOf),
  ]
  return {
    'nats.conf': `# Made by "kordon broker config nats" from contract/topics.ts; again after each new or revoked gateway, then reload.
server_name: kordon
listen: "127.0.0.1:4222"
jetstream { store_dir: "/data/nats" }
max_payload: 262144
mqtt {
  listen: "0.0.0.0:8883"
  tls {
    ca_file: "/etc/kordon/ca.pem"
    cert_file: "/etc/kordon/server.pem"
    key_file: "/etc/kordon/server.key.pem"
    verify_and_map: true
    timeout: 5
  }
}
authorization {
 users: [
${users.join('\n')}
 ]
}
`,
  }
}
