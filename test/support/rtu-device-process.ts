import modbusSerial from 'modbus-serial'

/**
 * A Modbus RTU device of another implementation on the serial port named by the argument, as a process of its own:
 * started by `node test/support/rtu-device-process.ts <path>`, ready when it says so, with input 2 on and eight relays.
 */
const path = process.argv[2] ?? ''
const coils = new Map<number, boolean>()
const server = new modbusSerial.ServerSerial(
  {
    getCoil: (address: number) => coils.get(address) ?? false,
    setCoil: (address: number, value: boolean) => {
      coils.set(address, value)
    },
    getDiscreteInput: (address: number) => address === 1,
  },
  { path, baudRate: 9600, unitID: 1 },
)
server.on('initialized', () => console.log('ready'))
// The library's serial port reads its input only when the event loop turns.
setInterval(() => undefined, 2)
