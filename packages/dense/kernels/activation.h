// Activation functions in place, with their derivatives where they are wanted. (ReLU is applied, and its derivative masked, inside the products.)
#ifndef ACTIVATION_H
#define ACTIVATION_H
#include "simd.h"

static void activate(i32 kind, i32 n, f32 *h, f32 *slope) {
  for (i32 i = 0; i < n; i += 4) {
    v128_t x = LOAD(h + i), y = x, s = ALL(1.f);
    if (kind == TANH) { y = vtanh(x); s = SUB(ALL(1.f), MUL(y, y)); }
    else if (kind == SILU) {
      // σ(x) and σ(−x): their sum is 1, but 1 − σ(x) would cancel.
      v128_t e = vexp(wasm_f32x4_neg(wasm_f32x4_abs(x))), more = DIV(ALL(1.f), ADD(ALL(1.f), e)), less = MUL(e, more), positive = wasm_f32x4_ge(x, ZERO);
      v128_t p = SELECT(more, less, positive), q = SELECT(less, more, positive);
      y = MUL(x, p);
      s = MUL(p, FMA(x, q, ALL(1.f)));
    }
    else if (kind == GELU) {
      v128_t density = vexp(MUL(ALL(-0.5f), MUL(x, x))), p = vnormal(x, density);
      y = MUL(x, p);
      s = FMA(MUL(x, density), ALL(0.3989422804f), p);
    }
    STORE(h + i, y);
    if (slope) STORE(slope + i, s);
  }
}

static void timesSlope(i32 n, f32 *d, const f32 *slope) {
  for (i32 i = 0; i < n; i += 4) STORE(d + i, MUL(LOAD(d + i), LOAD(slope + i)));
}
#endif
