// Heads and likelihoods on planes of outputs, four rows at a time.
#ifndef LIKELIHOOD_H
#define LIKELIHOOD_H
#include "simd.h"
#define LOG_2PI 1.8378770664093453f

INLINE f32 globalVariance(const Net *net, const f32 *w) {
  return wasm_f32x4_extract_lane(vsoftplus(wasm_f32x4_splat(net->v < 0 ? net->fixedV : w[net->v])), 0);
}

// [μ, ρ] → [μ, softplus(ρ) + softplus(v)]; slope, if there is one: derivatives of softplus(ρ).
static void head(const Net *net, i32 R, const f32 *w, f32 *o, f32 *slope) {
  if (net->head != HEAD_HETEROSCEDASTIC) return;
  i32 means = net->outputs / 2, stride = net->planeStride;
  v128_t global = wasm_f32x4_splat(globalVariance(net, w));
  for (i32 n = 0; n < means; n++) {
    f32 *p = o + (means + n) * stride, *s = slope + n * stride;
    for (i32 r = 0; r < R; r += 4) {
      v128_t rho = LOAD(p + r), e = vexp(wasm_f32x4_neg(wasm_f32x4_abs(rho)));
      if (slope) STORE(s + r, DIV(SELECT(ALL(1.f), e, wasm_f32x4_ge(rho, ZERO)), ADD(ALL(1.f), e)));
      STORE(p + r, ADD(ADD(vmax(rho, ZERO), vlog1p(e)), global));
    }
  }
}

// Derivatives by [μ, variance] → by [μ, ρ], in place. Returns the derivative by v.
static f32 headDerivatives(const Net *net, i32 R, const f32 *w, f32 *dO, const f32 *slope) {
  if (net->head != HEAD_HETEROSCEDASTIC) return 0;
  i32 means = net->outputs / 2, stride = net->planeStride;
  v128_t total = ZERO;
  for (i32 n = 0; n < means; n++) {
    f32 *p = dO + (means + n) * stride;
    const f32 *s = slope + n * stride;
    for (i32 r = 0; r < R; r += 4) {
      v128_t d = LOAD(p + r);
      total = ADD(total, d);
      STORE(p + r, MUL(d, LOAD(s + r)));
    }
  }
  return net->v < 0 ? 0 : sum(total) * wasm_f32x4_extract_lane(vsigmoid(wasm_f32x4_splat(w[net->v])), 0);
}

// log p of R rows, times their weights: into the four sums, and into `rows` (if there is one).
// dO (if there is one): scale · weight · ∂ log p/∂o, 0 in rows from R to the next multiple of 4.
static void logDensities(const Net *net, i32 R, const f32 *o, const f32 *y, i32 yStride, const f32 *weights, f64 *sums, f32 *rows, f32 *dO, f32 scale) {
  i32 N = net->outputs, M = net->targets, stride = net->planeStride;
  f32 precision = 1.f / net->variance;
  v128_t low = LOAD(sums), high = LOAD(sums + 2);
  f32 constant = -0.5f * M * (LOG_2PI + (net->likelihood == GAUSSIAN ? wasm_f32x4_extract_lane(vlog(wasm_f32x4_splat(net->variance)), 0) : 0));
  for (i32 r = 0; r < R; r += 4) {
    v128_t in = below(r, R), value = wasm_f32x4_splat(constant);
    v128_t weight = weights ? LOAD(weights + r) : ALL(1.f), factor = AND(in, MUL(weight, wasm_f32x4_splat(scale)));
    if (net->likelihood == GAUSSIAN) {
      v128_t squares = ZERO, p = wasm_f32x4_splat(precision);
      for (i32 m = 0; m < M; m++) {
        v128_t e = SUB(LOAD(y + m * yStride + r), LOAD(o + m * stride + r));
        squares = FMA(e, e, squares);
        if (dO) STORE(dO + m * stride + r, AND(in, MUL(factor, MUL(p, e))));
      }
      value = FMA(squares, wasm_f32x4_splat(-0.5f * precision), value);
    } else if (net->likelihood == HETEROSCEDASTIC) {
      v128_t loss = ZERO;
      for (i32 m = 0; m < M; m++) {
        v128_t variance = LOAD(o + (M + m) * stride + r), e = SUB(LOAD(y + m * yStride + r), LOAD(o + m * stride + r));
        v128_t p = DIV(ALL(1.f), variance), q = MUL(e, p), t = MUL(e, q);
        loss = ADD(loss, ADD(vlog(variance), t));
        if (dO) {
          STORE(dO + m * stride + r, AND(in, MUL(factor, q)));
          STORE(dO + (M + m) * stride + r, AND(in, MUL(factor, MUL(MUL(ALL(0.5f), p), SUB(t, ALL(1.f))))));
        }
      }
      value = FMA(loss, ALL(-0.5f), value);
    } else if (net->likelihood == BINARY) {
      // log σ(±logit), with y = 0 or 1.
      v128_t y1 = LOAD(y + r), logit = LOAD(o + r);
      value = wasm_f32x4_neg(vsoftplus(MUL(logit, SUB(ALL(1.f), ADD(y1, y1)))));
      if (dO) STORE(dO + r, AND(in, MUL(factor, SUB(y1, vsigmoid(logit)))));
    } else {
      v128_t label = LOAD(y + r), most = LOAD(o + r), total = ZERO, chosen = ZERO;
      for (i32 c = 1; c < N; c++) most = vmax(most, LOAD(o + c * stride + r));
      for (i32 c = 0; c < N; c++) {
        v128_t x = SUB(LOAD(o + c * stride + r), most);
        total = ADD(total, vexp(x));
        chosen = SELECT(x, chosen, wasm_i32x4_eq(label, wasm_i32x4_splat(c)));
      }
      value = SUB(chosen, vlog(total));
      if (dO) {
        v128_t inverse = DIV(ALL(1.f), total);
        for (i32 c = 0; c < N; c++) {
          v128_t p = MUL(vexp(SUB(LOAD(o + c * stride + r), most)), inverse);
          v128_t one = AND(ALL(1.f), wasm_i32x4_eq(label, wasm_i32x4_splat(c)));
          STORE(dO + c * stride + r, AND(in, MUL(factor, SUB(one, p))));
        }
      }
    }
    if (weights) value = MUL(value, weight);
    if (rows) STORE(rows + r, value);
    value = AND(in, value);
    low = wasm_f64x2_add(low, wasm_f64x2_promote_low_f32x4(value));
    high = wasm_f64x2_add(high, wasm_f64x2_promote_low_f32x4(wasm_i64x2_shuffle(value, value, 1, 0)));
  }
  STORE(sums, low);
  STORE(sums + 2, high);
}

// In place, of planes t: H·t times the row's weight, H the Fisher information of the outputs: 1/σ²·I | diag(1/v, 1/(2v²)) | diag(p) − ppᵀ | p(1 − p).
// Rows from R on become 0.
static void timesInformation(const Net *net, i32 R, const f32 *o, const f32 *weights, f32 *t) {
  i32 N = net->outputs, M = net->targets, stride = net->planeStride;
  for (i32 r = 0; r < R; r += 4) {
    v128_t in = below(r, R), weight = weights ? LOAD(weights + r) : ALL(1.f);
    if (net->likelihood == CATEGORICAL) {
      v128_t most = LOAD(o + r), total = ZERO, mean = ZERO;
      for (i32 c = 1; c < N; c++) most = vmax(most, LOAD(o + c * stride + r));
      for (i32 c = 0; c < N; c++) {
        v128_t e = vexp(SUB(LOAD(o + c * stride + r), most));
        total = ADD(total, e);
        mean = FMA(e, LOAD(t + c * stride + r), mean);
      }
      mean = DIV(mean, total);
      for (i32 c = 0; c < N; c++) {
        v128_t p = DIV(vexp(SUB(LOAD(o + c * stride + r), most)), total);
        STORE(t + c * stride + r, AND(in, MUL(weight, MUL(p, SUB(LOAD(t + c * stride + r), mean)))));
      }
    } else {
      for (i32 n = 0; n < N; n++) {
        v128_t p;
        if (net->likelihood == GAUSSIAN) p = wasm_f32x4_splat(1.f / net->variance);
        else if (net->likelihood == BINARY) {
          p = vsigmoid(LOAD(o + r));
          p = MUL(p, SUB(ALL(1.f), p));
        } else {
          v128_t variance = LOAD(o + (n < M ? M + n : n) * stride + r);
          p = DIV(ALL(1.f), variance);
          if (n >= M) p = MUL(ALL(0.5f), MUL(p, p));
        }
        STORE(t + n * stride + r, AND(in, MUL(weight, MUL(p, LOAD(t + n * stride + r)))));
      }
    }
  }
}
#endif
