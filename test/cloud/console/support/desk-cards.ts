import type { RestClient } from '../../../support/rest-client.ts'

/** Cards of the shipped call centre, and one of a car with a driver, made by hand through REST only. */
export async function deskCards(owner: RestClient, manager: RestClient) {
  const made = async (client: RestClient, path: string, body: unknown) => {
    const { status, body: answer } = await client.send('POST', path, body)
    if (status >= 300) throw new Error(`${path}: ${status} ${JSON.stringify(answer)}`)
    return answer
  }
  const lead = (name: string, phone: string, more: object = {}) =>
    made(manager, '/api/cards', { pipeline: 'call_centre', fields: { name, phone, source: 'Сайт', ...more } })
  const orlov = await lead('Орлов Пётр', '+79161230001')
  const guseva = await lead('Гусева Анна', '+79161230002', { source: 'Авито', city: 'Химки' })
  const lapin = await lead('Лапин Олег', '+79161230003', { leadKind: 'agent', target: false, city: 'Москва' })
  const car = await made(owner, '/api/vehicles', { plate: 'А123ВС777', model: 'Kia Rio' })
  const driver = await made(owner, '/api/drivers', {
    familyName: 'Иванов',
    givenName: 'Иван',
    patronymic: 'Иванович',
    legalForm: 'self-employed',
    state: 'active',
    phones: [{ phone: '+79161234567', main: true }],
    channels: [],
  })
  const lease = await made(manager, '/api/cards', {
    pipeline: 'lease',
    fields: {
      name: 'Иванов Иван',
      phone: '+79161234567',
      vehicle: car.id,
      driver: driver.id,
      plan: 'rent',
      rate: 250_000,
    },
  })
  // Open at every hour of the day, unlike the call centre: two tasks of the fleet's own workplace.
  for (const name of ['Быков Семён', 'Зуева Мария']) {
    const card = await made(manager, '/api/cards', {
      pipeline: 'lease',
      stage: 'on_line',
      fields: { name, phone: '+79161230009' },
    })
    await made(manager, `/api/cards/${card.id}/buttons`, { button: 'ask_zone' })
  }
  return { orlov, guseva, lapin, lease, car, driver }
}
