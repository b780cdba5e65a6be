import { webAssembly } from './web-assembly.ts';

/**
 * Whether relaxed SIMD computes a·b + c with one rounding here, or with two: the processor's choice, and the engine's (Node and Deno fuse where the
 * processor does, Bun does not). By a product that shows it: with a = 1 + 2⁻¹², a² is 1 + 2⁻¹¹ + 2⁻²⁴, whose last term rounding takes away.
 */
export function fusesProducts(): boolean {
  const wasm = webAssembly()!;
  const { exports } = new wasm.Instance(new wasm.Module(MULTIPLY_ADD), {});
  const { f } = exports as { f(a: number, b: number, c: number): number };
  return f(1 + 2 ** -12, 1 + 2 ** -12, -(1 + 2 ** -11)) !== 0;
}

/** (func (export "f") (param f32 f32 f32) (result f32)): splats its arguments, and takes the first lane of f32x4.relaxed_madd. */
const MULTIPLY_ADD = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[0x01, 8, 1, 0x60, 3, 0x7d, 0x7d, 0x7d, 1, 0x7d],
  ...[0x03, 2, 1, 0],
  ...[0x07, 5, 1, 1, 0x66, 0, 0],
  ...[0x0a, 22, 1, 20, 0],
  ...[0x20, 0, 0xfd, 0x13, 0x20, 1, 0xfd, 0x13, 0x20, 2, 0xfd, 0x13],
  ...[0xfd, 0x85, 0x02, 0xfd, 0x1f, 0, 0x0b],
);
