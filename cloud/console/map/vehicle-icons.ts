import type { Map as MapLibreMap } from 'maplibre-gl'
import type { Shape, Tone } from '../design/state-tone.ts'
import type { MapPalette } from './palette.ts'

/** Canvas pixels; drawn at twice the size on screen so that it stays sharp. */
const SIZE = 64
const MIDDLE = SIZE / 2
/** Larger, so that the pointer's tip stands clear of the body. */
const HEADING_SIZE = 84

type Pen = OffscreenCanvasRenderingContext2D

function outline(pen: Pen, shape: Shape, radius: number): void {
  pen.beginPath()
  if (shape === 'diamond') {
    const reach = radius * 1.25
    pen.moveTo(MIDDLE, MIDDLE - reach)
    pen.lineTo(MIDDLE + reach, MIDDLE)
    pen.lineTo(MIDDLE, MIDDLE + reach)
    pen.lineTo(MIDDLE - reach, MIDDLE)
    pen.closePath()
  } else if (shape === 'square') pen.roundRect(MIDDLE - radius, MIDDLE - radius, radius * 2, radius * 2, 5)
  else pen.arc(MIDDLE, MIDDLE, radius, 0, Math.PI * 2)
}

/** The body of a car's sign: its shape says the state; hollow and dashed says that the position is not trusted. */
function drawBody(shape: Shape, colour: string, colours: MapPalette, trusted: boolean): ImageData {
  const canvas = new OffscreenCanvas(SIZE, SIZE)
  const pen = canvas.getContext('2d')
  if (pen === null) throw new Error('the browser gives no 2D canvas')
  const radius = 15
  outline(pen, shape, radius + 4)
  pen.fillStyle = colours.ink
  pen.fill()
  outline(pen, shape, radius)
  pen.fillStyle = trusted && shape !== 'ring' ? colour : colours.ink
  pen.fill()
  pen.strokeStyle = colour
  pen.lineWidth = 5
  if (!trusted || shape === 'ring') pen.setLineDash(trusted ? [7, 5] : [4, 5])
  outline(pen, shape, radius - 1)
  pen.stroke()
  pen.setLineDash([])
  if (shape === 'square') {
    pen.fillStyle = trusted ? colours.ink : colour
    pen.fillRect(MIDDLE - 9, MIDDLE - 3, 18, 6)
  }
  if (!trusted && shape !== 'square') {
    pen.fillStyle = colour
    pen.font = 'bold 22px system-ui, sans-serif'
    pen.textAlign = 'center'
    pen.textBaseline = 'middle'
    pen.fillText('?', MIDDLE, MIDDLE + 1)
  }
  return pen.getImageData(0, 0, SIZE, SIZE)
}

/** A pointer above the body, turned by the layer to where the car is heading. */
function drawHeading(colour: string, colours: MapPalette): ImageData {
  const canvas = new OffscreenCanvas(HEADING_SIZE, HEADING_SIZE)
  const pen = canvas.getContext('2d')
  if (pen === null) throw new Error('the browser gives no 2D canvas')
  pen.beginPath()
  const middle = HEADING_SIZE / 2
  pen.moveTo(middle, 4)
  pen.lineTo(middle + 13, 27)
  pen.lineTo(middle - 13, 27)
  pen.closePath()
  pen.lineJoin = 'round'
  pen.strokeStyle = colours.ink
  pen.lineWidth = 6
  pen.stroke()
  pen.fillStyle = colour
  pen.fill()
  return pen.getImageData(0, 0, HEADING_SIZE, HEADING_SIZE)
}

export const bodyName = (shape: Shape, tone: string, trusted: boolean): string =>
  `car-${shape}-${tone}-${trusted ? 'trusted' : 'suspect'}`
export const headingName = (tone: string): string => `heading-${tone}`

const SHAPES: readonly Shape[] = ['round', 'diamond', 'square', 'ring']
const TONES: readonly Tone[] = ['good', 'wait', 'stop', 'unknown']

/** Gives the map every sign it may be asked for. */
export function addVehicleIcons(map: MapLibreMap, colours: MapPalette): void {
  for (const tone of TONES) {
    const colour = colours.tone[tone]
    for (const shape of SHAPES) {
      for (const trusted of [true, false]) {
        map.addImage(bodyName(shape, tone, trusted), drawBody(shape, colour, colours, trusted), { pixelRatio: 2 })
      }
    }
    map.addImage(headingName(tone), drawHeading(colour, colours), { pixelRatio: 2 })
  }
}
