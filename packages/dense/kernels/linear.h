// A first layer whose sums are linear in z: X·W(z) = X·W₀ + Σ_k z_k·X·B_k. Of each four sums there are dim + 1 quadruples in a row, that of the shift
// first, so that all that a sum needs is read in one go.
#ifndef LINEAR_H
#define LINEAR_H
#include "simd.h"

// n sums at z into out, five basis rows a pass; then ReLU, if asked for.
static void linearSums(i32 n, i32 dim, const f32 *linear, const f32 *z, f32 *out, i32 relu) {
  const f32 *from = linear;
  for (i32 k = 0, step = 4 * (dim + 1), next = step; k < dim; from = out, next = 4) {
    const f32 *x = from, *q = linear + 4 * (k + 1), *end = out + n;
    v128_t z0 = wasm_v128_load32_splat(z + k), least = ALL(-__builtin_inff());
    if (k + 5 <= dim) {
      v128_t z1 = wasm_v128_load32_splat(z + k + 1), z2 = wasm_v128_load32_splat(z + k + 2);
      v128_t z3 = wasm_v128_load32_splat(z + k + 3), z4 = wasm_v128_load32_splat(z + k + 4);
      k += 5;
      if (relu && k == dim) least = ZERO;
      for (f32 *to = out; to != end; to += 4, x += next, q += step) {
        // Two chains: one would keep the processor waiting for its additions.
        v128_t a = FMA(z1, LOAD(q + 4), FMA(z0, LOAD(q), LOAD(x))), b = FMA(z4, LOAD(q + 16), FMA(z3, LOAD(q + 12), MUL(z2, LOAD(q + 8))));
        STORE(to, vmax(ADD(a, b), least));
      }
    } else {
      k++;
      if (relu && k == dim) least = ZERO;
      for (f32 *to = out; to != end; to += 4, x += next, q += step) STORE(to, vmax(FMA(z0, LOAD(q), LOAD(x)), least));
    }
  }
}

// gradient[k] += Σ d·(sums of basis row k), n sums: 512 products in single precision, their sums in double.
static void linearGradient(i32 n, i32 dim, const f32 *linear, const f32 *d, f64 *gradient) {
  i32 step = 4 * (dim + 1);
  for (i32 k = 0; k < dim;) {
    const f32 *q = linear + 4 * (k + 1);
    i32 five = k + 5 <= dim;
    for (i32 i = 0; i < n;) {
      i32 end = least(n, i + 512);
      v128_t s0 = ZERO, s1 = ZERO, s2 = ZERO, s3 = ZERO, s4 = ZERO;
      if (five) {
        for (; i < end; i += 4, q += step) {
          v128_t x = LOAD(d + i);
          s0 = FMA(x, LOAD(q), s0);
          s1 = FMA(x, LOAD(q + 4), s1);
          s2 = FMA(x, LOAD(q + 8), s2);
          s3 = FMA(x, LOAD(q + 12), s3);
          s4 = FMA(x, LOAD(q + 16), s4);
        }
        gradient[k + 1] += sum(s1);
        gradient[k + 2] += sum(s2);
        gradient[k + 3] += sum(s3);
        gradient[k + 4] += sum(s4);
      } else for (; i < end; i += 4, q += step) s0 = FMA(LOAD(d + i), LOAD(q), s0);
      gradient[k] += sum(s0);
    }
    k += five ? 5 : 1;
  }
}

// n sums of the shift (k = 0) or of basis row k − 1 to where they belong in `linear`.
static void placeLinear(i32 n, i32 dim, i32 k, const f32 *sums, f32 *linear) {
  linear += 4 * k;
  for (i32 i = 0; i < n; i += 4, linear += 4 * (dim + 1)) STORE(linear, LOAD(sums + i));
}
#endif
