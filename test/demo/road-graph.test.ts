import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { distanceM } from '../../demo/position.ts'
import { createRandom } from '../../demo/random.ts'
import { nearestNode, parseRoadGraph } from '../../demo/road-graph.ts'
import { routeOverRoads } from '../../demo/route.ts'
import { shortestPath } from '../../demo/shortest-path.ts'

const graph = parseRoadGraph(
  JSON.parse(readFileSync(new URL('../../demo/data/moscow-drive-graph.json', import.meta.url), 'utf8')),
)
const KREMLIN = nearestNode(graph, { lat: 55.752, lon: 37.6175 })

test.each([
  { name: 'Vnukovo', lat: 55.5915, lon: 37.2615, km: 33.4 },
  { name: 'Троицк', lat: 55.4849, lon: 37.3061, km: 41.2 },
  { name: 'Выхино', lat: 55.7159, lon: 37.8172, km: 16.4 },
])('the shortest way from the Kremlin to $name is $km km', ({ lat, lon, km }) => {
  const roads = shortestPath(graph, KREMLIN, nearestNode(graph, { lat, lon }), 'length') ?? []
  expect(roads.reduce((sum, road) => sum + road.lengthM, 0) / 1000).toBeCloseTo(km, 1)
})

test('the roads of a path follow one another, and the route over them is as long as they are', () => {
  const roads = shortestPath(graph, KREMLIN, nearestNode(graph, { lat: 55.7159, lon: 37.8172 }), 'time') ?? []
  const breaks = roads.slice(1).filter((road, index) => road.from !== roads[index]?.to)
  expect(breaks).toEqual([])
  const route = routeOverRoads(roads, createRandom(1))
  const lengthM = roads.reduce((sum, road) => sum + road.lengthM, 0)
  expect(Math.abs(route.lengthM - lengthM) / lengthM).toBeLessThan(0.02)
  const hops = route.vertices.slice(1).map((vertex, index) => distanceM(vertex, route.vertices[index] ?? vertex))
  expect(Math.max(...hops)).toBeLessThan(3000)
  expect(route.gates.filter((gate) => gate.maxKmh === 0 && gate.waitS > 0).length).toBeGreaterThan(2)
})

test('a node that no road leaves leads nowhere', () => {
  const island = {
    nodes: [
      { lat: 55, lon: 37 },
      { lat: 55.1, lon: 37 },
    ],
    leaving: [[], []],
  }
  expect(shortestPath(island, 0, 1, 'length')).toBeUndefined()
})

test('a graph with a road to a missing node is refused', () => {
  const broken = {
    attribution: '',
    classes: ['road'],
    names: [],
    nodes: [[37, 55, 0]],
    edges: [[0, 5, 0, -1, 1, 10, []]],
  }
  expect(() => parseRoadGraph(broken)).toThrow('no such node')
})
