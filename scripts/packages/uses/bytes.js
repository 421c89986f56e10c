import { struct, toHex, u16, u32 } from '@composefs/bytes'

const Header = struct(8, { magic: u32, version: u16, flags: u16 })
const bytes = new Uint8Array(Header.size)
Header.write(new DataView(bytes.buffer), 0, { magic: 0xd078629a, version: 1, flags: 0 })
console.log(toHex(bytes))
