/** Pure. Why a reading is not good or a relay does not move, and what to look at; a reason without advice stays as it is. */
export function adviceFor(reason: string | undefined): string {
  if (reason === undefined) return 'nothing heard yet'
  const advice = Object.entries(ADVICE).find(([code]) => reason === code || reason.startsWith(`${code}-`))?.[1]
  return advice === undefined ? reason : `${reason}: ${advice}`
}

const ADVICE: Readonly<Record<string, string>> = {
  timeout: 'the device does not answer. Look at its power, wires A and B, unit number and speed',
  crc: 'the answers are damaged. Look at wires A and B, the common ground, speed and parity',
  exception: 'the device refuses the question. Is it the model that was paired?',
  offline: 'the device is gone. Look at its power and its wires',
  'not-advancing': 'the receiver repeats an old fix. Give its antenna the sky',
  'weak-fix': 'too few satellites. Give its antenna the sky',
  'zero-position': 'the receiver knows no place yet. Give its antenna the sky',
  missing: 'the device sends no value. A receiver without the sky does that',
  decode: 'the answer cannot be read. Is it the model that was paired?',
  checksum: 'the sentences are damaged. Look at the speed of the port and its wires',
  range: 'the value cannot be. Is it the model that was paired?',
  'byte-order-unlocked': 'the order of its bytes is being found out, wait',
  old: 'nothing new came. Look at its power and its wires',
  'ignition-on': 'turn the key off',
  moving: 'the car moves, or the receiver thinks so',
  'evidence-stale': 'the receiver or the ignition input is not heard. Test them first',
  'no-motion-evidence': 'there is neither a fix nor a motion sensor. Drive out under the sky',
  'relay-resting': 'the relay rests for a minute after it was moved',
  'relay-fault':
    'the relay, or the wire behind its contact, says another thing than it was told. Look at that wire and at the settings: no timers, no linked inputs',
  'relay-silent': 'the relay does not answer. Look at its power, wires A and B, unit number and speed',
  'journal-unwritable': 'the disk of the gateway takes nothing',
  busy: 'an order of the office is under way, the test of somebody else, or one that was cut short',
  'given-up': 'nobody went on within five minutes',
}
