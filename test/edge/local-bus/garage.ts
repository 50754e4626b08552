import { createHash } from 'node:crypto'
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt'
import { DeviceId } from '#contract/ids.ts'
import type { MqttDevice } from '../../../edge/local-bus/app.ts'
import { loadProfiles } from '../../../edge/profile/profile-store.ts'

const profiles = loadProfiles(new URL('../../../device-profiles', import.meta.url).pathname)

export const passwordOf = (user: string): string => `password of ${user}`

/** A unit of a shipped profile; its user is called like the device. */
export function unitOf(device: string, profile: string, prefix: string): MqttDevice {
  const found = profiles.find(({ id }) => id === profile)
  if (found === undefined) throw new Error(`no profile ${profile}`)
  const passwordSha256 = createHash('sha256').update(passwordOf(device)).digest('hex')
  return {
    device: DeviceId.parse(device),
    profile: found,
    port: { kind: 'mqtt', prefix, user: device, passwordSha256 },
  }
}

export const relayUnit = unitOf('relay', 'shelly-gen2', 'shellyplus1-a8032abe')
export const obdUnit = unitOf('obd', 'wican-obd', 'wican/d4f9')
export const phoneUnit = unitOf('phone', 'owntracks-phone', 'driver/phone')
export const tasmotaUnit = unitOf('plug', 'tasmota-relay', 'plug1')

/** A real MQTT client as a unit has one; it does not come back by itself. */
export const signIn = (port: number, user: string, more: IClientOptions = {}): Promise<MqttClient> =>
  connectAsync({
    host: '127.0.0.1',
    port,
    protocol: 'mqtt',
    clientId: user,
    username: user,
    password: passwordOf(user),
    protocolVersion: 4,
    reconnectPeriod: 0,
    ...more,
  })
