import { loadKoffi } from '../koffi.ts'

/** A function of C. Pointers are numbers: addresses in this process. */
type NativeFunction<Parameters extends (number | string)[], Result> = (
  ...parameters: Parameters
) => Result

/** The functions that the node executable exports, called directly. */
export interface Native {
  /**
   * Binds a function by its C declaration. Pointers are declared as `uintptr_t`: anything else costs an allocation, or
   * a BigInt, for each call.
   *
   * @throws Error when there is no such function
   */
  bind<Parameters extends (number | string)[], Result = number>(
    declaration: string,
  ): NativeFunction<Parameters, Result>
  /** Address of the first byte of `bytes`, which must stay referenced while it is in use. */
  address(bytes: Uint8Array): number
  /** Copies memory. The caller has checked that both sides have it. */
  copy(to: number, from: number, size: number): void
  /** The C string at an address. */
  text(address: number): string
}

let native: Native | undefined | 'untried' = 'untried'

/** The functions of the node executable; undefined on a runtime where they cannot be called. Loads koffi. */
export function loadNative(): Native | undefined {
  if (native === 'untried') native = load()
  return native
}

function load(): Native | undefined {
  // The layouts of structs here are those of 64 bits, little-endian.
  if (process.platform !== 'linux' || (process.arch !== 'x64' && process.arch !== 'arm64')) {
    return undefined
  }
  try {
    const koffi = loadKoffi()
    const executable = koffi.load(null)
    return {
      bind: declaration => executable.func(declaration),
      address: bytes => Number(koffi.address(bytes)),
      copy: executable.func('uintptr_t memcpy(uintptr_t to, uintptr_t from, size_t size)'),
      text: address => koffi.decode(BigInt(address), 'char', -1) as string,
    }
  } catch {
    // Another runtime, or koffi is not there for it.
    return undefined
  }
}

/** What `make` makes of the functions that it binds; undefined where one of them is missing. */
export function ifBound<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch {
    return undefined
  }
}
