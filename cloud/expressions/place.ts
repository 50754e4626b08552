/** Towns of Moscow Oblast; those of them that became part of Moscow are spellings of Moscow. */
const MOSCOW_OBLAST = `
Балашиха|Подольск|Химки|Мытищи|Люберцы|Королёв|Красногорск|Одинцово|Домодедово|Электросталь|Щёлково|Серпухов|Коломна
Раменское|Долгопрудный|Реутов|Жуковский|Пушкино|Орехово-Зуево|Ногинск|Сергиев Посад|Воскресенск|Лобня|Клин|Ивантеевка
Дубна|Егорьевск|Чехов|Дмитров|Видное|Ступино|Павловский Посад|Наро-Фоминск|Фрязино|Лыткарино|Солнечногорск|Дзержинский
Кашира|Протвино|Истра|Краснознаменск|Котельники|Апрелевка|Можайск|Шатура|Луховицы|Волоколамск|Звенигород|Черноголовка
Электрогорск|Зарайск|Руза|Талдом|Лосино-Петровский|Электроугли|Бронницы|Хотьково|Пущино|Старая Купавна|Кубинка`

/**
 * Places people write in a form. The canonical name first, then other spellings; case, «ё», punctuation and «г.» do not
 * matter. A place that is not here is not recognised, and goes to a person: so a large town may be missing, but a
 * wrong match may not be here.
 */
const PLACES = `
Москва: мск, moscow, moskva, город москва, зеленоград, троицк москва, щербинка, московский
Московская область: мо, подмосковье, московская обл, моск обл, moscow region, moscow oblast
Санкт-Петербург: спб, питер, петербург, saint petersburg, st petersburg
Ленинградская область: ленобласть, ленинградская обл
Новосибирск|Екатеринбург: екб
Казань: kazan
Нижний Новгород: нижний, нн
Челябинск|Красноярск|Самара|Уфа|Ростов-на-Дону: ростов на дону, рнд
Омск|Краснодар|Воронеж|Пермь|Волгоград|Саратов|Тюмень|Тольятти|Барнаул|Махачкала|Ижевск|Хабаровск|Ульяновск|Иркутск
Владивосток|Ярославль|Кемерово|Томск|Набережные Челны: челны
Ставрополь|Севастополь|Оренбург|Новокузнецк|Рязань|Пенза|Чебоксары|Липецк|Калининград|Астрахань|Тула|Сочи|Киров|Курск
Улан-Удэ|Тверь|Магнитогорск|Сургут|Брянск|Иваново|Якутск|Владимир|Симферополь|Белгород|Нижний Тагил|Калуга|Чита|Грозный
Волжский|Смоленск|Саранск|Вологда|Курган|Череповец|Орёл|Архангельск|Владикавказ|Нижневартовск|Йошкар-Ола|Стерлитамак
Мурманск|Кострома|Новороссийск|Тамбов|Таганрог|Благовещенск|Великий Новгород|Псков|Обнинск|Тверская область|Калужская область
Тульская область|Рязанская область|Владимирская область|Смоленская область|Ярославская область|Новомосковск|Муром|Ковров
Александров|Киржач|Вязьма|Ржев|Конаково|Рыбинск|Элиста|Нальчик|Черкесск|Майкоп|Петрозаводск|Сыктывкар|Абакан|Минск|Алматы
Ташкент|Бишкек|Душанбе|Ереван|Баку|Тбилиси`

const fold = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll('ё', 'е')
    .replace(/[^a-zа-я0-9]+/g, ' ')
    .replace(/^ ?(г|гор|город) /, '')
    .trim()

/** Each place with its spellings, its own name the first of them. */
const entriesOf = (places: string): readonly (readonly [string, readonly string[]])[] =>
  places
    .trim()
    .split('\n')
    .flatMap((line) => line.split('|'))
    .map((entry) => {
      const [name = '', spellings = ''] = entry.split(':').map((part) => part.trim())
      return [name, [name, ...spellings.split(',')].map(fold).filter((spelling) => spelling !== '')]
    })

const CANONICAL: ReadonlyMap<string, string> = new Map(
  [...entriesOf(MOSCOW_OBLAST), ...entriesOf(PLACES)].flatMap(([name, spellings]) =>
    spellings.map((spelling): [string, string] => [spelling, name]),
  ),
)
const OBLAST = 'Московская область'
const OBLAST_TOWNS: ReadonlySet<string> = new Set(entriesOf(MOSCOW_OBLAST).map(([name]) => name))

/** Pure. The canonical name of a place; '' when the text is not a place we know. */
export const normCity = (text: string): string => CANONICAL.get(fold(text)) ?? ''

/** Pure. The region a written place lies in, as far as the zone of work asks; another place is its own; '' when it is none we know. */
export function regionOf(text: string): string {
  const name = normCity(text)
  return OBLAST_TOWNS.has(name) ? OBLAST : name
}

/** Pure. These regions with every town of theirs that is known by name. */
export const placesOf = (regions: readonly string[]): readonly string[] =>
  regions.flatMap((region) => (region === OBLAST ? [region, ...OBLAST_TOWNS] : [region]))
