import { expect, test } from 'vitest'
import { adviceFor } from '../../../edge/cli/advice.ts'
import { inRussian } from '../../../edge/cli/russian.ts'
import { said } from '../../../edge/cli/speech.ts'

test.each([
  ['clock: 2026-11-22T10:00:00.000Z, set from the network', 'часы: 2026-11-22T10:00:00.000Z, выставлены по сети'],
  ['312 MB free of the 500 it needs', 'свободно 312 МБ, а нужно 500'],
  ['not there: /dev/ttyUSB0', 'нет на месте: /dev/ttyUSB0. Переходник воткнут?'],
  ['supply: 11.2 V (bad)', 'питание: 11.2 V (плохо)'],
  ['turn the key on (1 of 2 done)', 'поверните ключ: включить (сделано 1 из 2)'],
  ['58 good fixes, float order known; 2.3 m in 60 s', 'хороших отсчётов: 58, порядок байтов известен; 2.3 м за 60 с'],
  [
    'no good fix: timeout: the device does not answer. Look at its power, wires A and B, unit number and speed',
    'хорошего места нет: устройство не отвечает (timeout). Проверьте питание, провода A и B, адрес и скорость',
  ],
  ['blocking: ignition-on: turn the key off', 'ждём блокировки: включено зажигание: поверните ключ назад'],
  [
    'the cloud refused the claim: 403 The claim code is wrong, used or out of date. Ask the office for a new code',
    'сервер не принял код: он неверен, уже использован или просрочен. Попросите в офисе новый',
  ],
  ['ENOENT: no such file or directory', 'ENOENT: no such file or directory'],
  ['/var/x is not there: install -d -m 0700 /var/x', 'папки /var/x нет: install -d -m 0700 /var/x'],
  [
    'the cloud could not be reached within 30 s (self-signed certificate); try again while the code lasts',
    'сервер не ответил за 30 с (self-signed certificate); повторите, пока код действует',
  ],
  ['relay: not done yet', 'реле: ещё не сделано'],
  ['gps: failed', 'приёмник: не прошло'],
  ['photo под панелью.jpg: is neither JPEG nor PNG', 'фотография под панелью.jpg: не JPEG и не PNG'],
  [
    'sealed, upload pending; run this again when the cloud can be reached',
    'опломбировано, акт ещё не загружен; повторите, когда сервер будет доступен',
  ],
  ['VIN XZ8LM2C49P1234567, plate А123ВС77', 'VIN XZ8LM2C49P1234567, номер А123ВС77'],
  ['waveshare-relay-8ch (200) or waveshare-io-8ch (200)', 'waveshare-relay-8ch (200) или waveshare-io-8ch (200)'],
  ['connect ECONNREFUSED 127.0.0.1:1', 'connect ECONNREFUSED 127.0.0.1:1'],
])('%s', (english, russian) => {
  expect(inRussian(english)).toBe(russian)
})

test('every advice has its Russian', () => {
  const reasons = ['timeout', 'crc', 'exception-2', 'offline', 'not-advancing', 'weak-fix', 'zero-position', 'missing']
  const others = [
    'decode',
    'checksum',
    'range',
    'byte-order-unlocked',
    'old',
    'ignition-on',
    'moving',
    'evidence-stale',
  ]
  const relay = [
    'no-motion-evidence',
    'relay-resting',
    'relay-fault',
    'relay-silent',
    'journal-unwritable',
    'busy',
    'given-up',
  ]
  for (const reason of [...reasons, ...others, ...relay]) {
    expect(adviceFor(reason)).toContain(`${reason}: `)
    expect(inRussian(adviceFor(reason)), reason).toMatch(/[а-я]/)
  }
  expect(adviceFor('unheard-of')).toBe('unheard-of')
})

test.each([
  [{ LC_ALL: 'ru_RU.UTF-8', LANG: 'en_GB.UTF-8' }, 'часы'],
  [{ LANG: 'ru_RU.UTF-8' }, 'часы'],
  [{ LC_ALL: 'C', LANG: 'ru_RU.UTF-8' }, 'clock'],
  [{}, 'clock'],
])('%o speaks of the %s', (env, word) => {
  expect(said('clock', env)).toBe(word)
})
