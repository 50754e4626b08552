import type { GatewayId } from '#contract/ids.ts'
import { accessFilters } from '#contract/topics.ts'
import { CLOUD_USER } from './mosquitto-files.ts'

const quoted = (filters: readonly string[]): string => `[${filters.map((filter) => `"${filter}"`).join(', ')}]`
/** EMQX writes the proved name itself. */
const SELF = `$${'{username}'}`
const GATEWAY = '{username, {re, "^gw-[a-z0-9]{8,32}$"}}'

/**
 * Pure. EMQX 5: rules from top to bottom, the first that fits counts, the last denies the rest. `${username}` is the
 * certificate's CN on the listener of the gateways.
 */
export function emqxAcl(revoked: readonly GatewayId[]): string {
  const { gateway, everyDown, phone, cloud } = accessFilters(SELF)
  const rules = [
    ...revoked.map((id) => `{deny, {username, "${id}"}, all, ["#"]}.`),
    `{allow, {username, "${CLOUD_USER}"}, publish, ${quoted(cloud.publish)}}.`,
    `{allow, {username, "${CLOUD_USER}"}, subscribe, ${quoted(cloud.hear)}}.`,
    `{allow, ${GATEWAY}, publish, ${quoted(gateway.publish)}}.`,
    `{allow, ${GATEWAY}, subscribe, ${quoted([...gateway.hear, everyDown])}}.`,
    `{deny, ${GATEWAY}, all, ["#"]}.`,
    `{allow, all, all, ${quoted(phone)}}.`,
    '{deny, all}.',
  ]
  return `%% Made by "kordon broker config emqx" from contract/topics.ts.\n${rules.join('\n')}\n`
}

/** Pure. Every file of an EMQX 5, by name; `emqx.conf` is to be included by the node's own. */
export function emqxConfig(revoked: readonly GatewayId[]): Readonly<Record<string, string>> {
  const settings = `# Made by "kordon broker config emqx". Include it in etc/emqx.conf; put the files beside it.
authorization {
  no_match = deny
  deny_action = disconnect
  cache.enable = false
  sources = [{ type = file, enable = true, path = "etc/kordon/acl.conf" }]
}
authentication = [
  {
    mechanism = password_based
    backend = built_in_database
    user_id_type = username
    bootstrap_file = "etc/kordon/users.csv"
    bootstrap_type = plain
  }
]
mqtt { max_packet_size = 256KB, max_topic_levels = 8, wildcard_subscription = true, shared_subscription = true }
zones.gateways.mqtt { peer_cert_as_username = cn, peer_cert_as_clientid = cn }
listeners.ssl.default.enabled = false
listeners.tcp.default.enabled = false
listeners.ws.default.enabled = false
listeners.wss.default.enabled = false
listeners.ssl.gateways {
  bind = "0.0.0.0:8883"
  zone = gateways
  enable_authn = false
  max_conn_rate = "500/s"
  ssl_options {
    cacertfile = "etc/kordon/ca.pem"
    certfile = "etc/kordon/server.pem"
    keyfile = "etc/kordon/server.key.pem"
    verify = verify_peer
    fail_if_no_peer_cert = true
    versions = ["tlsv1.3", "tlsv1.2"]
    handshake_timeout = 5s
  }
}
listeners.tcp.cloud { bind = "127.0.0.1:1883", enable_authn = true }
`
  return { 'emqx.conf': settings, 'acl.conf': emqxAcl(revoked) }
}
