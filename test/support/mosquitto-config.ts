import { ACL_PATTERNS } from '#contract/topics.ts'
import { CLOUD_USER } from '../../deploy/mosquitto-account.ts'

/**
 * Pure. Access list of Mosquitto: a gateway writes under its own `up/` and reads its own `down/`, nothing else. The user
 * name is the certificate's CN, so `%u` cannot be chosen by the client (CVE-2017-7650 was `%c`).
 */
export function mosquittoAcl(): string {
  const [root] = ACL_PATTERNS.write.split('/%u/')
  return [
    `pattern write ${ACL_PATTERNS.write}`,
    `pattern read ${ACL_PATTERNS.read}`,
    '',
    `user ${CLOUD_USER}`,
    `topic read ${root}/+/up/#`,
    `topic write ${root}/+/down/#`,
    '',
  ].join('\n')
}

export type MosquittoFiles = {
  readonly ca: string
  readonly certificate: string
  readonly key: string
  readonly acl: string
}

/** Pure. The listener of the gateways: mutual TLS, user name and client id are the certificate's CN. */
export function mosquittoGatewayListener(listener: string, files: MosquittoFiles): string {
  return [
    `listener ${listener}`,
    `cafile ${files.ca}`,
    `certfile ${files.certificate}`,
    `keyfile ${files.key}`,
    'tls_version tlsv1.2',
    'require_certificate true',
    'use_identity_as_username true',
    'use_username_as_clientid true',
    'allow_anonymous false',
    `acl_file ${files.acl}`,
    '',
  ].join('\n')
}

/** Pure. The listener of the cloud: one account with a password, never reachable from outside. */
export function mosquittoCloudListener(listener: string, files: { passwords: string; acl: string }): string {
  return [
    `listener ${listener}`,
    'allow_anonymous false',
    `password_file ${files.passwords}`,
    `acl_file ${files.acl}`,
    '',
  ].join('\n')
}

/** Limits of reliability: small packets, long queues (a QoS 1 message above the queue is dropped), state kept on disk. */
export const MOSQUITTO_LIMITS = [
  'per_listener_settings true',
  'message_size_limit 262144',
  'max_inflight_messages 20',
  'max_queued_messages 100000',
  'persistence true',
  'autosave_interval 60',
  '',
].join('\n')
