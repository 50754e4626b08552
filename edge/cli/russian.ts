/** What the commands at the car say, and the same in Russian; `$1` and so on stand for what varies, and are said as well. */
const SENTENCES: readonly (readonly [string, string])[] = [
  // The computer.
  ['clock', 'часы'],
  ['disk and card', 'диск и карта памяти'],
  ['disk', 'диск'],
  ['card', 'карта памяти'],
  ['folder', 'папка'],
  ['card life', 'износ карты'],
  ['serial ports', 'последовательные порты'],
  ['uplink', 'связь с сервером'],
  ['supply voltage', 'напряжение питания'],
  ['supply', 'питание'],
  ['$1 cannot be; no block would be judged by it', '$1 быть не может; блокировать по таким часам нельзя'],
  ['$1, set from the network', '$1, выставлены по сети'],
  ['$1, nobody vouches for it', '$1, но никто за них не ручается'],
  ['cannot be written: $1', 'не пишется: $1'],
  ['$1 MB free of the $2 it needs', 'свободно $1 МБ, а нужно $2'],
  ['$1 MB free', 'свободно $1 МБ'],
  ['a write took $1 ms to be safe', 'запись заняла $1 мс: карта слишком медленная'],
  ['a write is safe after $1 ms', 'запись за $1 мс'],
  ['$1 is not there: install -d -m 0700 $2', 'папки $1 нет: install -d -m 0700 $2'],
  ['closed to others', 'закрыта от посторонних'],
  ['$1 is open to others: chmod 700', '$1 открыта посторонним: chmod 700'],
  ['this disk does not tell', 'этот диск о нём не сообщает'],
  ['$1 % or more is spent', 'израсходовано $1 % или больше: замените карту'],
  ['under $1 % is spent', 'израсходовано меньше $1 %'],
  ['not there: $1', 'нет на месте: $1. Переходник воткнут?'],
  ['none, and none is needed', 'нет, и не нужны'],
  ['not claimed yet, so no cloud is known', 'шлюз ещё не привязан, сервер неизвестен'],
  ['$1 answers', '$1 отвечает'],
  ['no answer within 5 s', 'нет ответа за 5 с'],
  ['no device tells its voltage', 'ни одно устройство не сообщает напряжение'],
  // Lines and devices.
  ['scan $1', 'поиск на $1'],
  ['scan', 'поиск'],
  ['unit $1 at $2', 'адрес $1, скорость $2'],
  ['unit $1', 'адрес $1'],
  [
    'nobody answers. Look at the power of the units, wires A and B, unit numbers and speed',
    'никто не отвечает. Проверьте питание устройств, провода A и B, адреса и скорость',
  ],
  ['answers, and no profile knows it', 'отвечает, но ни один профиль его не знает'],
  ['the port cannot be opened, or nobody is at its other end', 'порт не открывается, или на том конце никого нет'],
  ['$1) or $2', '$1) или $2'],
  [
    'answers, and the answer is damaged. Look at speed and parity, wires A and B, the common ground; two units may have this number',
    'отвечает, но ответ испорчен. Проверьте скорость и чётность, провода A и B, общую землю; не стоит ли один адрес у двух устройств',
  ],
  ['$1 is no list of numbers from $2 to $3', '$1: нужен список чисел от $2 до $3'],
  ['nothing heard yet', 'пока ничего не слышно'],
  [
    '$1: the device does not answer. Look at its power, wires A and B, unit number and speed',
    'устройство не отвечает ($1). Проверьте питание, провода A и B, адрес и скорость',
  ],
  [
    '$1: the answers are damaged. Look at wires A and B, the common ground, speed and parity',
    'ответы приходят испорченными ($1). Проверьте провода A и B, общую землю, скорость и чётность',
  ],
  [
    '$1: the device refuses the question. Is it the model that was paired?',
    'устройство не понимает вопрос ($1). Та ли это модель, что установлена?',
  ],
  ['$1: the device is gone. Look at its power and its wires', 'устройство пропало ($1). Проверьте питание и провода'],
  [
    '$1: the receiver repeats an old fix. Give its antenna the sky',
    'приёмник повторяет старое место ($1). Вынесите антенну под небо',
  ],
  ['$1: too few satellites. Give its antenna the sky', 'мало спутников ($1). Вынесите антенну под небо'],
  [
    '$1: the receiver knows no place yet. Give its antenna the sky',
    'приёмник ещё не знает места ($1). Вынесите антенну под небо',
  ],
  [
    '$1: the answer cannot be read. Is it the model that was paired?',
    'ответ не разобрать ($1). Та ли это модель, что установлена?',
  ],
  [
    '$1: the sentences are damaged. Look at the speed of the port and its wires',
    'строки приходят испорченными ($1). Проверьте скорость порта и провода',
  ],
  [
    '$1: the device sends no value. A receiver without the sky does that',
    'устройство не даёт значения ($1). Так бывает у приёмника, не видящего неба',
  ],
  [
    '$1: the value cannot be. Is it the model that was paired?',
    'такого значения быть не может ($1). Та ли это модель, что установлена?',
  ],
  ['$1: the order of its bytes is being found out, wait', 'определяется порядок байтов ($1), подождите'],
  ['$1: nothing new came. Look at its power and its wires', 'новых данных нет ($1). Проверьте питание и провода'],
  // Claim and installation.
  ['claim', 'привязка'],
  ['pair $1', 'установка $1'],
  ['installation', 'установка'],
  ['service', 'служба'],
  ['car', 'машина'],
  ['version $1, $2 revision $3 ($4)', 'версия $1, профиль $2, редакция $3 ($4)'],
  ['not running; it begins with this', 'не запущена; с этого она и начнёт'],
  ['$1, vehicle $2', '$1, машина $2'],
  [
    'the cloud could not be reached within $1 s ($2); try again while the code lasts',
    'сервер не ответил за $1 с ($2); повторите, пока код действует',
  ],
  [
    'the cloud refused the claim: $1 The claim code is wrong, used or out of date. Ask the office for a new code',
    'сервер не принял код: он неверен, уже использован или просрочен. Попросите в офисе новый',
  ],
  [
    'the cloud refused the claim: $1. Ask the office for a new code',
    'сервер отказал в привязке: $1. Попросите в офисе новый код',
  ],
  ['$1 takes no file, so the code was not used: $2', 'в папку $1 ничего не записать, код не использован: $2'],
  [
    '$1 takes no file, so this step is not on the sheet: $2',
    'в папку $1 ничего не записать, в акт этот шаг не попал: $2',
  ],
  // Receiver, key, relay.
  ['test gps', 'проверка приёмника'],
  ['test ignition', 'проверка зажигания'],
  ['test relay', 'проверка реле'],
  ['fix', 'место'],
  ['drift', 'снос'],
  ['ignition', 'зажигание'],
  ['bounce', 'дребезг'],
  ['block', 'блокировка'],
  ['release', 'разблокировка'],
  ['start while blocked', 'пуск при блокировке'],
  ['start while free', 'пуск без блокировки'],
  ['start without power', 'пуск без питания'],
  ['no installed device tells a position', 'ни одно установленное устройство не даёт места'],
  ['no good fix: $1', 'хорошего места нет: $1'],
  ['none within $1 minutes ($2)', 'нет за $1 мин ($2)'],
  ['standing for $1 of $2 s', 'стоим $1 из $2 с'],
  ['$1 good fixes, float order known', 'хороших отсчётов: $1, порядок байтов известен'],
  ['$1 m in $2 s', '$1 м за $2 с'],
  ['no reading is bound as ignition', 'ни один вход не назначен зажиганием (pair --ignition)'],
  ['turn the key $1 ($2 of 2 done)', 'поверните ключ: $1 (сделано $2 из 2)'],
  ['$1 of 4 edges within $2 minutes. Is it this input?', 'за $2 мин увидели $1 из 4 переключений. Тот ли это вход?'],
  [
    'if it is off already, this is another input, or it is inverted',
    'если он уже выключен, это другой вход или он включён наоборот',
  ],
  ['on and off, twice', 'включено и выключено, дважды'],
  ['$1 edges for four turns of the key', 'на четыре поворота ключа $1 переключений: контакт дребезжит'],
  ['none', 'нет'],
  ['$1 edges within $2 ms of another', 'переключений чаще $2 мс: $1'],
  ['read back', 'прочитана с реле'],
  ['not read back: $1', 'не подтверждена реле: $1'],
  ['no cranking', 'стартер не крутит'],
  ['the engine cranks', 'стартер крутит: реле не разрывает его цепь'],
  ['cranks', 'стартер крутит'],
  ['the engine does not crank', 'стартер не крутит'],
  ['a dead gateway would block the car', 'без питания шлюза машина не заведётся: контакт включён наоборот'],
  ['Blocked. Turn the key to start: does the engine crank?', 'Заблокировано. Поверните ключ на пуск: стартер крутит?'],
  ['Freed. Turn the key to start: does the engine crank?', 'Разблокировано. Поверните ключ на пуск: стартер крутит?'],
  [
    'Pull the fuse of gateway and relay, then turn the key: does the engine crank? Put the fuse back.',
    'Выньте предохранитель шлюза и реле, поверните ключ на пуск: стартер крутит? Верните предохранитель.',
  ],
  ['given up at the car', 'прервано у машины'],
  ['blocking: $1', 'ждём блокировки: $1'],
  ['blocking', 'блокируем'],
  ['blocked', 'заблокировано'],
  ['freeing', 'разблокируем'],
  ['freed', 'разблокировано'],
  ['expired', 'время вышло'],
  ['the input is not heard: $1', 'вход не слышен: $1'],
  ['ignition-on: turn the key off', 'включено зажигание: поверните ключ назад'],
  ['moving: the car moves, or the receiver thinks so', 'машина едет, или так считает приёмник'],
  [
    'evidence-stale: the receiver or the ignition input is not heard. Test them first',
    'не слышно приёмника или входа зажигания: сначала проверьте их',
  ],
  [
    'no-motion-evidence: there is neither a fix nor a motion sensor. Drive out under the sky',
    'нет ни места, ни датчика движения: выезжайте под небо',
  ],
  [
    'relay-resting: the relay rests for a minute after it was moved',
    'реле отдыхает минуту после прошлого переключения',
  ],
  [
    'relay-fault: the relay, or the wire behind its contact, says another thing than it was told. Look at that wire and at the settings: no timers, no linked inputs',
    'реле или провод за его контактом говорит не то, что велели. Проверьте этот провод и настройки: без таймеров и связанных входов',
  ],
  [
    'relay-silent: the relay does not answer. Look at its power, wires A and B, unit number and speed',
    'реле не отвечает. Проверьте питание, провода A и B, адрес и скорость',
  ],
  ['journal-unwritable: the disk of the gateway takes nothing', 'диск шлюза не пишется'],
  [
    'busy: an order of the office is under way, the test of somebody else, or one that was cut short',
    'выполняется приказ офиса, чужая проверка или прерванная',
  ],
  ['given-up: nobody went on within five minutes', 'за пять минут никто не продолжил'],
  ['yes', 'да'],
  ['no', 'нет'],
  ['on', 'включить'],
  ['off', 'выключить'],
  // Sheet.
  ['photos', 'фотографии'],
  ['photo $1', 'фотография $1'],
  ['sheet', 'акт'],
  ['upload', 'загрузка'],
  ['is a HEIC picture: set the camera to JPEG', 'снимок HEIC: переключите камеру на JPEG'],
  ['is neither JPEG nor PNG', 'не JPEG и не PNG'],
  ['is damaged or cut short', 'файл повреждён или оборван'],
  ['has $1 MB, $2 at most', '$1 МБ, а можно не больше $2'],
  ['has $1 MB: nobody reads that as a photo', '$1 МБ: это не фотография'],
  ['cannot be read: $1', 'не читается: $1'],
  ['$1 were given, $2 at most', 'дано $1, а можно не больше $2'],
  ['$1 MB, no place in it', '$1 МБ, места съёмки в файле нет'],
  ['$1 MB, its place was removed', '$1 МБ, место съёмки убрано'],
  ['$1 MB, its place is kept', '$1 МБ, место съёмки оставлено'],
  ['made before, still to be uploaded', 'подписан раньше, осталось загрузить'],
  ['signed by this gateway', 'подписан этим шлюзом'],
  ['the cloud has it', 'на сервере'],
  ['the cloud refuses it: $1', 'сервер не принял: $1'],
  ['the cloud cannot be reached: $1', 'до сервера не достучаться: $1'],
  [
    'is no longer kept here as it was signed: give it again by --photo',
    'здесь её больше нет в подписанном виде: дайте её снова через --photo',
  ],
  [
    'nobody is signed in here (kordon login), so only the gateway itself has told the cloud',
    'здесь никто не вошёл (kordon login): серверу сказал только сам шлюз',
  ],
  ['the gateway has no identity yet', 'шлюз ещё не привязан'],
  ['$1: not done yet', '$1: ещё не сделано'],
  ['$1: failed', '$1: не прошло'],
  ['$1: a note does not take the place of a passed test', '$1: пояснение не заменяет пройденной проверки'],
  ['$1: done under other wiring or profiles', '$1: сделано при другом подключении или профиле'],
  [
    'relay: this service has read back no block and release of this wiring',
    'реле: при этом подключении служба не прочитала блокировку и разблокировку',
  ],
  ['immobilizer: none is installed', 'иммобилайзер не установлен'],
  ['ignition: no wired input is installed', 'зажигание: вход не установлен'],
  ['this gateway signs in by password and has no key to sign with', 'шлюз входит по паролю, подписать акт ему нечем'],
  ['not sealed', 'не опломбировано'],
  ['sealed, upload pending', 'опломбировано, акт ещё не загружен'],
  ['sealed and uploaded', 'опломбировано, акт загружен'],
  ['uploaded', 'загружено'],
  ['$1; run this again when the cloud can be reached', '$1; повторите, когда сервер будет доступен'],
  ['PASS', 'ПРОШЛО'],
  ['FAIL', 'НЕ ПРОШЛО'],
  ['NOT FINISHED', 'НЕ ЗАКОНЧЕНО'],
  ['VIN not read', 'VIN не прочитан'],
  ['VIN $1, plate $2', 'VIN $1, номер $2'],
  ['plate $1', 'номер $1'],
  ['not done', 'не сделано'],
  ['passed', 'прошло'],
  ['accepted', 'принято с пояснением'],
  ['failed', 'не прошло'],
  ['doctor', 'компьютер'],
  ['gateway', 'привязка'],
  ['vehicle', 'машина'],
  ['device', 'устройство'],
  ['gps', 'приёмник'],
  ['relay', 'реле'],
  ['photo', 'фото'],
  ['seal', 'пломба'],
  ['good', 'хорошо'],
  ['bad', 'плохо'],
  ['unknown', 'неизвестно'],
  // Asked wrongly, or not answered.
  ['the gateway service does not answer on $1', 'служба шлюза не отвечает на $1'],
  [
    'Start it (systemctl start kordon-edge), and run this as its user.',
    'Запустите её (systemctl start kordon-edge) и повторите от её пользователя.',
  ],
  [
    'the gateway service polls this line: stop it first (systemctl stop kordon-edge)',
    'эту линию опрашивает служба шлюза: сначала остановите её (systemctl stop kordon-edge)',
  ],
  [
    'park the car, chock its wheels, turn the key off, and say --parked',
    'поставьте машину, подложите упоры, выключите зажигание и добавьте --parked',
  ],
  [
    'nobody can be asked here: give --answers no,yes,yes as you see it at the car',
    'спросить здесь некого: дайте --answers no,yes,yes, как видите у машины',
  ],
  ['--code takes the eight characters from the office', '--code: восемь знаков из офиса'],
  [
    '--cloud takes the address of the cloud, as https://kordon.example',
    '--cloud: адрес сервера, например https://kordon.example',
  ],
  ['--unit is a number from 1 to 255, not $1', '--unit: число от 1 до 255, а не $1'],
  [
    '--id is 1 to 32 of a-z, 0-9 and -, first a letter, not $1',
    '--id: до 32 латинских букв, цифр и -, первая буква, а не $1',
  ],
  [
    'a latching relay keeps the car blocked without power: fit a monostable one',
    'реле с защёлкой без питания оставит машину заблокированной: поставьте обычное',
  ],
  [
    'a dead gateway would open this contact and block the car: wire the normally-closed one',
    'без питания шлюза этот контакт разомкнётся и заблокирует машину: подключите нормально замкнутый',
  ],
  ['profile $1 drives no relay', 'профиль $1 реле не управляет'],
  ['reading $1 is what the relay itself says, not an input', 'показание $1 говорит о самом реле, это не вход'],
  [
    'ignition, motion and sense are wires of their own: $1 is named twice',
    'зажигание, движение и контроль контакта это разные провода: $1 назван дважды',
  ],
  ['profile $1 is not for such a port: it speaks $2', 'профиль $1 не для такого порта: он говорит по $2'],
  [
    'a port reads /dev/ttyUSB0@9600, tcp:host:502, rtu:host:4001, nmea:host:10110, gpsd:host:2947 or mqtt:prefix, not $1',
    'порт: /dev/ttyUSB0@9600, tcp:адрес:502, rtu:адрес:4001, nmea:адрес:10110, gpsd:адрес:2947 или mqtt:имя, а не $1',
  ],
  ['$1 cannot be read, mend or remove it: $2', '$1 не читается, исправьте или удалите: $2'],
  ['there is no profile $1 in $2', 'профиля $1 нет в $2'],
  ['profile $1 is experimental and drives no relay', 'профиль $1 экспериментальный и реле не управляет'],
  ['profile $1 has no reading $2; it has $3', 'в профиле $1 нет показания $2; есть $3'],
  [
    'which vehicle is not known yet: claim the gateway first (kordon edge pair --gateway --code …)',
    'машина ещё неизвестна: сначала привяжите шлюз (kordon edge pair --gateway --code …)',
  ],
  [
    '--port reads /dev/ttyUSB0, tcp:host:502 or rtu:host:4001',
    '--port: /dev/ttyUSB0, tcp:адрес:502 или rtu:адрес:4001',
  ],
]

type Rule = { readonly pattern: RegExp; readonly russian: string }

/** A sentence that says how it begins is asked before one that begins with a gap. */
const RULES: readonly Rule[] = SENTENCES.toSorted(([a], [b]) => begins(b) - begins(a) || b.length - a.length).map(
  ([english, russian]) => {
    const escaped = english.replaceAll(/[.*+?^{}()|[\]\\]/g, '\\$&')
    return { pattern: new RegExp(`^${escaped.replaceAll(/\$\d/g, '(.+?)')}$`, 's'), russian }
  },
)

/** How much is written out before the first gap; all of a sentence without one, which goes before every other. */
function begins(sentence: string): number {
  const at = sentence.indexOf('$')
  return at === -1 ? Number.POSITIVE_INFINITY : at
}

/** Pure. A sentence of these commands in Russian; names, numbers and words of others stay as they are. */
export function inRussian(text: string): string {
  for (const { pattern, russian } of RULES) {
    const found = pattern.exec(text)
    if (found !== null) return russian.replaceAll(/\$(\d)/g, (_, place) => inRussian(found[Number(place)] ?? ''))
  }
  // Several things said at once, or a name and what was found of it.
  for (const between of ['; ', ': ']) {
    const at = text.indexOf(between)
    if (at > 0) return `${inRussian(text.slice(0, at))}${between}${inRussian(text.slice(at + between.length))}`
  }
  const marked = /^(.*) \((good|bad|unknown)\)$/s.exec(text)
  return marked === null ? text : `${inRussian(marked[1] ?? '')} (${inRussian(marked[2] ?? '')})`
}
