/** The gateway's own two voices on the bus. Units cannot take these names. */
export const VOICES = { reader: 'kordon-reader', immobilizer: 'kordon-immobilizer' } as const
export type Voice = keyof typeof VOICES
/** Made anew at every start of the gateway; never on disk. */
export type VoiceSecrets = Readonly<Record<Voice, string>>
