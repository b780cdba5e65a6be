/**
 * What WebAssembly can reach here: GFLOP/s of one core on four-lane multiplications and additions in registers, and with the fused ones of relaxed SIMD
 * where there are any. One JSON line each. Run by `dense.ts`.
 */
const CHAINS = 12;
const LANES = 4;

/** f(n): n times x = x·a + b on twelve registers; the sum of their first lanes. */
function program(fused: boolean): Uint8Array {
  const [a, b] = [CHAINS + 1, CHAINS + 2];
  const get = (local: number) => [0x20, local];
  const set = (local: number) => [0x21, local];
  const simd = (opcode: number) => (opcode < 128 ? [0xfd, opcode] : [0xfd, (opcode & 127) | 128, opcode >> 7]);
  const constant = (x: number) => [0x43, ...new Uint8Array(Float32Array.of(x).buffer), ...simd(0x13)];
  const chains = Array.from({ length: CHAINS }, (_, i) => i + 1);
  const step = (x: number) => [
    ...get(x),
    ...get(a),
    ...(fused ? [...get(b), ...simd(0x105)] : [...simd(0xe6), ...get(b), ...simd(0xe4)]),
    ...set(x),
  ];
  const code = [
    ...[1, CHAINS + 2, 0x7b],
    ...[...constant(0.5), ...set(a), ...constant(0.5), ...set(b)],
    ...[0x03, 0x40],
    ...chains.flatMap(step),
    // n −= 1; again unless it is 0.
    ...[...get(0), 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, 0x0b],
    ...chains.flatMap((x) => [...get(x), ...simd(0x1f), 0]),
    ...chains.slice(1).flatMap(() => [0x92]),
    0x0b,
  ];
  const section = (id: number, ...bytes: number[]) => [id, ...length(bytes.length), ...bytes];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, 1, 0x60, 1, 0x7f, 1, 0x7d),
    ...section(3, 1, 0),
    ...section(7, 1, 1, 0x66, 0, 0),
    ...section(10, 1, ...length(code.length), ...code),
  ]);
}

function length(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, value >> 7];
}

interface Compiler {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: { f(n: number): number } };
}

const { WebAssembly: wasm } = globalThis as unknown as { WebAssembly: Compiler };
for (const fused of [false, true]) {
  const bytes = program(fused);
  if (!wasm.validate(bytes)) continue;
  const { f: run } = new wasm.Instance(new wasm.Module(bytes)).exports;
  const steps = 1e6;
  const rates = Array.from({ length: 30 }, () => {
    const start = performance.now();
    run(steps);
    return (2 * LANES * CHAINS * steps) / (1e6 * (performance.now() - start));
  });
  process.stdout.write(`${JSON.stringify({ fused, gflops: Math.max(...rates) })}\n`);
}
