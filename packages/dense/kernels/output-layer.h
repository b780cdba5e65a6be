// The last layer: dot products along the rows of its weights, into planes. (Panels would waste most of their width on one or two outputs.)
#ifndef OUTPUT_LAYER_H
#define OUTPUT_LAYER_H
#include "simd.h"

// o[n, r] (+)= Σ_k h[r, k]·w[n, k] (+ bias[n]). Rows from R to the next multiple of 4 become 0: whatever is in memory there, products with it are 0 later.
static void outputs(i32 R, i32 N, i32 ld, const f32 *h, const f32 *w, const f32 *bias, f32 *o, i32 stride, i32 accumulate) {
  for (i32 n = 0; n < N; n += 2) {
    i32 pair = n + 1 < N;
    const f32 *u = w + n * ld, *v = pair ? u + ld : u;
    f32 *p = o + n * stride, *q = p + stride;
    v128_t b = bias ? wasm_v128_load32_splat(bias + n) : ZERO, c = bias && pair ? wasm_v128_load32_splat(bias + n + 1) : ZERO;
    for (i32 r = 0; r < R; r += 4) {
      const f32 *h0 = h + r * ld, *h1 = h0 + ld, *h2 = h1 + ld, *h3 = h2 + ld;
      v128_t in = below(r, R), a0 = ZERO, a1 = ZERO, a2 = ZERO, a3 = ZERO, x, y, s;
      if (pair) {
        v128_t c0 = ZERO, c1 = ZERO, c2 = ZERO, c3 = ZERO;
        for (i32 k = 0; k < ld; k += 4) {
          x = LOAD(u + k);
          y = LOAD(v + k);
          s = LOAD(h0 + k); a0 = FMA(s, x, a0); c0 = FMA(s, y, c0);
          s = LOAD(h1 + k); a1 = FMA(s, x, a1); c1 = FMA(s, y, c1);
          s = LOAD(h2 + k); a2 = FMA(s, x, a2); c2 = FMA(s, y, c2);
          s = LOAD(h3 + k); a3 = FMA(s, x, a3); c3 = FMA(s, y, c3);
        }
        s = ADD(sums(c0, c1, c2, c3), c);
        STORE(q + r, AND(in, accumulate ? ADD(s, LOAD(q + r)) : s));
      } else {
        for (i32 k = 0; k < ld; k += 4) {
          x = LOAD(u + k);
          a0 = FMA(LOAD(h0 + k), x, a0); a1 = FMA(LOAD(h1 + k), x, a1);
          a2 = FMA(LOAD(h2 + k), x, a2); a3 = FMA(LOAD(h3 + k), x, a3);
        }
      }
      s = ADD(sums(a0, a1, a2, a3), b);
      STORE(p + r, AND(in, accumulate ? ADD(s, LOAD(p + r)) : s));
    }
  }
}

// d[r, k] = Σ_n dO[n, r]·w[n, k], zero where mask ≤ 0 (if there is a mask).
static void inputDerivatives(i32 R, i32 N, i32 ld, const f32 *dO, i32 stride, const f32 *w, f32 *d, const f32 *mask) {
  for (i32 r = 0; r < R; r++) {
    f32 *row = d + r * ld;
    const f32 *m = mask + r * ld, *p = dO + r;
    for (i32 k = 0; k < ld; k += 8) {
      const f32 *u = w + k;
      v128_t s = wasm_v128_load32_splat(p), a = MUL(s, LOAD(u)), b = MUL(s, LOAD(u + 4));
      for (i32 n = 1; n < N; n++) {
        s = wasm_v128_load32_splat(p + n * stride);
        a = FMA(s, LOAD(u + n * ld), a);
        b = FMA(s, LOAD(u + n * ld + 4), b);
      }
      if (mask) {
        a = AND(a, wasm_f32x4_gt(LOAD(m + k), ZERO));
        b = AND(b, wasm_f32x4_gt(LOAD(m + k + 4), ZERO));
      }
      STORE(row + k, a);
      STORE(row + k + 4, b);
    }
  }
}

// g[n, k] (+)= Σ_r dO[n, r]·h[r, k]; biases: Σ_r dO[n, r]. dO is 0 in rows from R to the next multiple of 4.
static void outputGradients(i32 R, i32 N, i32 ld, const f32 *dO, i32 stride, const f32 *h, f32 *g, f32 *bias, i32 accumulate) {
  for (i32 n = 0; n < N; n++) {
    const f32 *p = dO + n * stride;
    f32 *row = g + n * ld;
    for (i32 k = 0; k < ld; k += 8) {
      v128_t a = accumulate ? LOAD(row + k) : ZERO, b = accumulate ? LOAD(row + k + 4) : ZERO, c = ZERO, d = ZERO, s;
      const f32 *x = h + k;
      i32 r = 0;
      for (; r + 2 <= R; r += 2, x += 2 * ld) {
        s = wasm_v128_load32_splat(p + r); a = FMA(s, LOAD(x), a); b = FMA(s, LOAD(x + 4), b);
        s = wasm_v128_load32_splat(p + r + 1); c = FMA(s, LOAD(x + ld), c); d = FMA(s, LOAD(x + ld + 4), d);
      }
      if (r < R) { s = wasm_v128_load32_splat(p + r); a = FMA(s, LOAD(x), a); b = FMA(s, LOAD(x + 4), b); }
      STORE(row + k, ADD(a, c));
      STORE(row + k + 4, ADD(b, d));
    }
    v128_t s = ZERO;
    for (i32 r = 0; r < R; r += 4) s = ADD(s, LOAD(p + r));
    bias[n] = (accumulate ? bias[n] : 0.f) + sum(s);
  }
}
#endif
