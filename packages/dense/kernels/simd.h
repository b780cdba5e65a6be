// Four floats at a time: names, and the elementary functions. Errors are a few units in the last place.
#ifndef SIMD_H
#define SIMD_H
#include <wasm_simd128.h>
#include "abi.h"
#define LOAD(p) wasm_v128_load(p)
#define STORE(p, v) wasm_v128_store(p, v)
#define ALL(c) wasm_f32x4_const_splat(c)
#define ADD(a, b) wasm_f32x4_add(a, b)
#define SUB(a, b) wasm_f32x4_sub(a, b)
#define MUL(a, b) wasm_f32x4_mul(a, b)
#define DIV(a, b) wasm_f32x4_div(a, b)
#define AND(a, b) wasm_v128_and(a, b)
#define SELECT(a, b, mask) wasm_v128_bitselect(a, b, mask)
#define ZERO ALL(0.f)
#ifdef __wasm_relaxed_simd__
#define FMA(a, b, c) wasm_f32x4_relaxed_madd(a, b, c)
#else
#define FMA(a, b, c) ADD(c, MUL(a, b))
#endif

// The lesser and the greater: x where it is NaN. (wasm_f32x4_min and max are seven instructions on x64.)
INLINE v128_t vmin(v128_t x, v128_t bound) { return wasm_f32x4_pmin(x, bound); }
INLINE v128_t vmax(v128_t x, v128_t bound) { return wasm_f32x4_pmax(x, bound); }

// a·x + b. A polynomial out of such lines is half as long a chain of operations that wait for each other.
#define LINE(x, a, b) FMA(ALL(a), x, ALL(b))

// eˣ, with x held to 88 above, and 0 below −86: half of it is still a normal number. Adding 1.5·2²³ rounds to a whole number, and leaves it in the lowest bits.
INLINE v128_t vexp(v128_t x) {
  v128_t tiny = wasm_f32x4_lt(x, ALL(-86.f));
  x = vmax(vmin(x, ALL(88.f)), ALL(-86.f));
  v128_t whole = FMA(x, ALL(1.44269504f), ALL(12582912.f)), n = SUB(whole, ALL(12582912.f));
  v128_t r = SUB(SUB(x, MUL(n, ALL(0.693359375f))), MUL(n, ALL(-2.12194440e-4f)));
  v128_t s = MUL(r, r), p = LINE(r, 1.9875691500e-4f, 1.3981999507e-3f);
  p = FMA(p, s, LINE(r, 8.3334519073e-3f, 4.1665795894e-2f));
  p = FMA(p, s, LINE(r, 1.6666665459e-1f, 5.0000001201e-1f));
  p = ADD(FMA(p, s, r), ALL(1.f));
  return wasm_v128_andnot(MUL(p, wasm_i32x4_add(wasm_i32x4_shl(whole, 23), ALL(1.f))), tiny);
}

// log x: −∞ at 0, NaN below.
INLINE v128_t vlog(v128_t x) {
  // x = 2ᵉ·(1 + m), √½ ≤ 1 + m < √2.
  v128_t power = wasm_i32x4_shr(wasm_i32x4_sub(x, ALL(0.707106781186547524f)), 23);
  v128_t m = SUB(wasm_i32x4_sub(x, wasm_i32x4_shl(power, 23)), ALL(1.f)), e = wasm_f32x4_convert_i32x4(power);
  v128_t z = MUL(m, m), p = FMA(ALL(7.0376836292e-2f), z, LINE(m, -1.1514610310e-1f, 1.1676998740e-1f));
  p = FMA(p, z, LINE(m, -1.2420140846e-1f, 1.4249322787e-1f));
  p = FMA(p, z, LINE(m, -1.6668057665e-1f, 2.0000714765e-1f));
  p = FMA(p, z, LINE(m, -2.4999993993e-1f, 3.3333331174e-1f));
  v128_t y = MUL(MUL(p, m), z);
  y = FMA(e, ALL(-2.12194440e-4f), y);
  y = SUB(y, MUL(z, ALL(0.5f)));
  y = FMA(e, ALL(0.693359375f), ADD(m, y));
  y = SELECT(y, ADD(x, x), wasm_f32x4_lt(x, ALL(__builtin_inff())));       // ∞ and NaN as they are
  y = SELECT(ALL(-__builtin_inff()), y, wasm_f32x4_eq(x, ZERO));
  return SELECT(ALL(__builtin_nanf("")), y, wasm_f32x4_lt(x, ZERO));
}

// log(1 + e) = 2·artanh(e/(2 + e)) for e in [0, 1], exact to rounding also for tiny e. (Subnormal numbers, as the square of a tiny s would be, are slow.)
INLINE v128_t vlog1p(v128_t e) {
  v128_t s = DIV(e, ADD(ALL(2.f), e)), t = vmax(s, ALL(1e-10f)), z = MUL(t, t), p = ALL(1.1619354907e-1f);
  p = FMA(p, z, ALL(1.0851708314e-1f));
  p = FMA(p, z, ALL(1.4296286788e-1f));
  p = FMA(p, z, ALL(1.9999850851e-1f));
  p = FMA(p, z, ALL(3.3333333667e-1f));
  p = FMA(p, z, ALL(1.f));
  return MUL(ADD(s, s), p);
}

INLINE v128_t vsoftplus(v128_t x) { return ADD(vmax(x, ZERO), vlog1p(vexp(wasm_f32x4_neg(wasm_f32x4_abs(x))))); }

INLINE v128_t vsigmoid(v128_t x) {
  v128_t e = vexp(wasm_f32x4_neg(wasm_f32x4_abs(x)));
  return DIV(SELECT(ALL(1.f), e, wasm_f32x4_ge(x, ZERO)), ADD(ALL(1.f), e));
}

INLINE v128_t vtanh(v128_t x) {
  v128_t a = wasm_f32x4_abs(x), z = MUL(x, x), p = ALL(-5.70498872745e-3f);
  p = FMA(p, z, ALL(2.06390887954e-2f));
  p = FMA(p, z, ALL(-5.37397155531e-2f));
  p = FMA(p, z, ALL(1.33314422036e-1f));
  p = FMA(p, z, ALL(-3.33332819422e-1f));
  v128_t near = FMA(MUL(p, z), x, x);
  v128_t far = SUB(ALL(1.f), DIV(ALL(2.f), ADD(vexp(ADD(a, a)), ALL(1.f))));
  far = wasm_v128_or(far, AND(x, wasm_i32x4_const_splat((i32)0x80000000)));
  return SELECT(near, far, wasm_f32x4_lt(a, ALL(0.625f)));
}

// Φ(x), the normal distribution function; density: e^(−x²/2). Abramowitz & Stegun 7.1.26, error 1e-7.
INLINE v128_t vnormal(v128_t x, v128_t density) {
  v128_t t = DIV(ALL(1.f), FMA(ALL(0.3275911f * 0.70710678f), wasm_f32x4_abs(x), ALL(1.f))), p = ALL(1.061405429f);
  p = FMA(p, t, ALL(-1.453152027f));
  p = FMA(p, t, ALL(1.421413741f));
  p = FMA(p, t, ALL(-0.284496736f));
  p = FMA(p, t, ALL(0.254829592f));
  v128_t tail = MUL(MUL(MUL(p, t), density), ALL(0.5f));
  return SELECT(tail, SUB(ALL(1.f), tail), wasm_f32x4_lt(x, ZERO));
}

// a₀+a₁+a₂+a₃, …, d₀+d₁+d₂+d₃.
INLINE v128_t sums(v128_t a, v128_t b, v128_t c, v128_t d) {
  v128_t ab = ADD(wasm_i32x4_shuffle(a, b, 0, 4, 1, 5), wasm_i32x4_shuffle(a, b, 2, 6, 3, 7));
  v128_t cd = ADD(wasm_i32x4_shuffle(c, d, 0, 4, 1, 5), wasm_i32x4_shuffle(c, d, 2, 6, 3, 7));
  return ADD(wasm_i32x4_shuffle(ab, cd, 0, 1, 4, 5), wasm_i32x4_shuffle(ab, cd, 2, 3, 6, 7));
}

INLINE f32 sum(v128_t a) {
  return (wasm_f32x4_extract_lane(a, 0) + wasm_f32x4_extract_lane(a, 1)) + (wasm_f32x4_extract_lane(a, 2) + wasm_f32x4_extract_lane(a, 3));
}

// Lanes of rows r … r + 3 that are below `rows`.
INLINE v128_t below(i32 r, i32 rows) {
  return wasm_i32x4_lt(wasm_i32x4_add(wasm_i32x4_splat(r), wasm_i32x4_const(0, 1, 2, 3)), wasm_i32x4_splat(rows));
}
#endif
