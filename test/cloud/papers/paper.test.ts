import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Day, dayPlus } from '../../../cloud/calendar/moscow-day.ts'
import {
  hindranceSentence,
  issueHindrances,
  ladderRung,
  PAPER_KINDS,
  paperStanding,
  paperStandings,
} from '../../../cloud/papers/paper.ts'

const TODAY = Day.parse('2026-11-22')
const day = (text: string) => Day.parse(text)

describe('a paper is valid through its last day', () => {
  test.each([
    { until: '2027-01-01', state: 'valid', daysLeft: 40 },
    { until: '2026-12-23', state: 'valid', daysLeft: 31 },
    { until: '2026-12-22', state: 'ending', daysLeft: 30 },
    { until: '2026-11-22', state: 'ending', daysLeft: 0 },
    { until: '2026-11-21', state: 'ended', daysLeft: -1 },
    { until: null, state: 'missing', daysLeft: null },
  ])('until $until it is $state', ({ until, state, daysLeft }) => {
    const standing = paperStanding('osago', until === null ? null : day(until), TODAY, 30)
    expect(standing).toMatchObject({ state, daysLeft })
  })
})

test('of several papers of a kind the one that ends last counts, and every kind has its line', () => {
  const standings = paperStandings(
    [
      { kind: 'osago', validUntil: day('2026-11-30') },
      { kind: 'osago', validUntil: day('2027-11-30') },
    ],
    TODAY,
    30,
  )
  expect(standings.map(({ kind, state }) => [kind, state])).toEqual([
    ['dk', 'missing'],
    ['osago', 'valid'],
    ['osgop', 'missing'],
  ])
})

test.each([
  { daysLeft: 4, refused: false },
  { daysLeft: 3, refused: true },
  { daysLeft: -1, refused: true },
])('with three days asked for and $daysLeft left, handing out is refused: $refused', ({ daysLeft, refused }) => {
  const standings = PAPER_KINDS.map((kind) => paperStanding(kind, dayPlus(TODAY, 300), TODAY, 30))
  const [first, ...rest] = standings
  if (first === undefined) throw new Error('no kinds')
  const one = paperStanding('dk', dayPlus(TODAY, daysLeft), TODAY, 30)
  expect(issueHindrances([one, ...rest], 3)).toEqual(refused ? [one] : [])
})

test('nothing is handed out while a paper is not known: an unknown paper never lets a guard pass', () => {
  fc.assert(
    fc.property(
      fc.subarray([...PAPER_KINDS], { maxLength: 2 }),
      fc.integer({ min: 0, max: 30 }),
      (known, issueDays) => {
        const papers = known.map((kind) => ({ kind, validUntil: dayPlus(TODAY, 1000) }))
        expect(issueHindrances(paperStandings(papers, TODAY, 30), issueDays).length).toBe(3 - known.length)
      },
    ),
  )
})

test.each([
  { daysLeft: 31, rung: null },
  { daysLeft: 30, rung: 30 },
  { daysLeft: 15, rung: 30 },
  { daysLeft: 14, rung: 14 },
  { daysLeft: 7, rung: 7 },
  { daysLeft: 2, rung: 3 },
  { daysLeft: 1, rung: 1 },
  { daysLeft: 0, rung: 1 },
  { daysLeft: -1, rung: 0 },
])('with $daysLeft days left the rung is $rung', ({ daysLeft, rung }) => {
  expect(ladderRung(daysLeft, [30, 14, 7, 3, 1])).toBe(rung)
})

test.each([
  { until: '2026-11-23', says: 'ОСГОП: срок кончается 23.11.2026. Сначала продлите' },
  { until: '2026-11-01', says: 'ОСГОП: срок кончился 01.11.2026. Сначала продлите' },
  { until: null, says: 'ОСГОП: документа нет. Сначала внесите' },
])('a refusal says which paper and until when: $says', ({ until, says }) => {
  expect(hindranceSentence(paperStanding('osgop', until === null ? null : day(until), TODAY, 30))).toBe(says)
})
