import { accessFilters } from '#contract/topics.ts'

/** The account of the cloud behind an outside broker. */
export const CLOUD_USER = 'kordon-cloud'

/** Who speaks on a listener of Mosquitto; each listener has an access list of its own. */
export type MosquittoList = 'gateways' | 'phones' | 'cloud'

const lines = (rows: readonly string[]): string => `${rows.join('\n')}\n`

/**
 * Pure. Access list of one listener: a gateway writes its own `up/` and hears its own `down/`, nothing else. The user name
 * is the certificate's CN, so `%u` cannot be chosen by the client (CVE-2017-7650 was `%c`). Phones have a list of their
 * own: in a common one the pattern of phones would hold for gateways too.
 */
export function mosquittoAcl(list: MosquittoList): string {
  const { gateway, phone, cloud } = accessFilters('%u')
  switch (list) {
    case 'gateways':
      return lines([
        ...gateway.publish.map((filter) => `pattern write ${filter}`),
        ...gateway.hear.map((filter) => `pattern read ${filter}`),
      ])
    case 'phones':
      return lines(phone.map((filter) => `pattern readwrite ${filter}`))
    case 'cloud':
      return lines([
        `user ${CLOUD_USER}`,
        ...cloud.hear.map((filter) => `topic read ${filter}`),
        ...cloud.publish.map((filter) => `topic write ${filter}`),
      ])
    default:
      return list satisfies never
  }
}

export type MosquittoFiles = {
  readonly ca: string
  readonly certificate: string
  readonly key: string
  readonly acl: string
  /** Certificates that no longer count, signed by the authority: whoever has one is not let in. */
  readonly revoked?: string
}

/** Pure. The listener of the gateways: mutual TLS, user name and client id are the certificate's CN. */
export const mosquittoGatewayListener = (listener: string, files: MosquittoFiles): string =>
  lines([
    `listener ${listener}`,
    `cafile ${files.ca}`,
    `certfile ${files.certificate}`,
    `keyfile ${files.key}`,
    ...(files.revoked === undefined ? [] : [`crlfile ${files.revoked}`]),
    'tls_version tlsv1.2',
    'require_certificate true',
    'use_identity_as_username true',
    'use_username_as_clientid true',
    'allow_anonymous false',
    `acl_file ${files.acl}`,
  ])

/** Pure. The listener of the cloud: one account with a password, never reachable from outside. */
export const mosquittoCloudListener = (listener: string, files: { passwords: string; acl: string }): string =>
  lines([`listener ${listener}`, 'allow_anonymous false', `password_file ${files.passwords}`, `acl_file ${files.acl}`])

/** Pure. The listener of OwnTracks phones: TLS, a user and a password of each phone's own. */
export const mosquittoPhoneListener = (
  listener: string,
  files: Pick<MosquittoFiles, 'certificate' | 'key' | 'acl'> & { readonly passwords: string },
): string =>
  lines([
    `listener ${listener}`,
    `certfile ${files.certificate}`,
    `keyfile ${files.key}`,
    'tls_version tlsv1.2',
    'allow_anonymous false',
    `password_file ${files.passwords}`,
    `acl_file ${files.acl}`,
  ])

/** Limits of reliability: small packets, long queues (a QoS 1 message above the queue is dropped), state kept on disk. */
export const MOSQUITTO_LIMITS = lines([
  'per_listener_settings true',
  'message_size_limit 262144',
  'max_inflight_messages 20',
  'max_queued_messages 100000',
  'persistence true',
  'autosave_interval 60',
])

/** Where the broker of docker-compose.yml finds what it is given. */
const DATA = '/mosquitto/data'
const CONFIG = '/mosquitto/config'

/** Pure. Every file of the broker, by name: gateways on 8883 with certificates, the cloud on 1883 of the inner network. */
export function mosquittoConfig(options: { readonly phonesPort?: number } = {}): Readonly<Record<string, string>> {
  const own = { certificate: `${DATA}/server.pem`, key: `${DATA}/server.key.pem` }
  const passwords = `${DATA}/passwords`
  const { phonesPort } = options
  const phones =
    phonesPort === undefined
      ? []
      : [
          mosquittoPhoneListener(String(phonesPort), {
            ...own,
            passwords: `${DATA}/phones`,
            acl: `${CONFIG}/phones.acl`,
          }),
        ]
  return {
    'mosquitto.conf': [
      '# Made by `npm run generate` from contract/topics.ts.',
      `${MOSQUITTO_LIMITS}persistence_location ${DATA}/`,
      'log_dest stdout',
      '',
      mosquittoGatewayListener('8883', {
        ...own,
        ca: `${DATA}/ca.pem`,
        revoked: `${DATA}/revoked.pem`,
        acl: `${CONFIG}/gateways.acl`,
      }),
      mosquittoCloudListener('1883', { passwords, acl: `${CONFIG}/cloud.acl` }),
      ...phones,
    ].join('\n'),
    'gateways.acl': mosquittoAcl('gateways'),
    'cloud.acl': mosquittoAcl('cloud'),
    'phones.acl': mosquittoAcl('phones'),
  }
}
