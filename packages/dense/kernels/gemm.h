// Matrix products with panels of 8 columns.
//
// Micro-kernels compute a tile of up to TILE rows by 8 columns in named registers. V8 sinks multiply-adds to the end of a basic block, so that steps of
// the inner sum that follow each other in one spill. With a branch between them they don't (Node 24; Node 22 spills all the same), and fused steps, of
// which TILE is 6, gain from the counting that is saved.
#ifndef GEMM_H
#define GEMM_H
#include "simd.h"
#ifndef TILE
#define TILE 5
#endif
enum { CHUNK = 256, ROWS = 96 };                       // inner sums and rows at a time: a panel in L1, a block of A in L2
enum { ACCUMULATE = 1, ADD_BIAS = 2, APPLY_RELU = 4, MASK = 8 };

#define R1(F) F(0)
#define R2(F) R1(F) F(1)
#define R3(F) R2(F) F(2)
#define R4(F) R3(F) F(3)
#define R5(F) R4(F) F(4)
#define R6(F) R5(F) F(5)
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define DECLARE(i) v128_t c##i##0, c##i##1;
#define FROM_C(i) c##i##0 = LOAD(C + i * ldc); c##i##1 = LOAD(C + i * ldc + 4);
#define FROM_BIAS(i) c##i##0 = b0; c##i##1 = b1;
#define ROW(i) const f32 *a##i = A + i * lda;
#define NEXT(i) a##i += 1;
#define ALONG_ROWS(i) a = wasm_v128_load32_splat(a##i); c##i##0 = FMA(a, b0, c##i##0); c##i##1 = FMA(a, b1, c##i##1);
#define ALONG_COLUMNS(i) a = wasm_v128_load32_splat(A + i); c##i##0 = FMA(a, b0, c##i##0); c##i##1 = FMA(a, b1, c##i##1);
#define RELU_OF(i) c##i##0 = wasm_f32x4_pmax(c##i##0, ZERO); c##i##1 = wasm_f32x4_pmax(c##i##1, ZERO);
#define MASK_OF(i) \
  c##i##0 = AND(c##i##0, wasm_f32x4_gt(LOAD(mask + i * ldc), ZERO)); \
  c##i##1 = AND(c##i##1, wasm_f32x4_gt(LOAD(mask + i * ldc + 4), ZERO));
#define TO_C(i) STORE(C + i * ldc, c##i##0); STORE(C + i * ldc + 4, c##i##1);

#define STEPS(step) while (B != end) { step }
#define FOUR_STEPS(step) while (B != end) { step if (B == end) break; step if (B == end) break; step if (B == end) break; step }

// tile<n>: C[n, 8] (+)= A[n, k] · B[k, 8]. ReLU keeps NaN.
// tileT<n>: C[n, 8] (+)= A[k, n]ᵀ · B[k, 8], rows of B `ldb` apart.
#define MICRO_KERNELS(n, LOOP) \
  static __attribute__((noinline)) void tile##n(i32 k, const f32 *A, i32 lda, const f32 *B, f32 *C, i32 ldc, const f32 *bias, const f32 *mask, i32 flags) { \
    R##n(DECLARE) v128_t a, b0 = ZERO, b1 = ZERO; R##n(ROW) \
    if (flags & ACCUMULATE) { R##n(FROM_C) } \
    else { if (flags & ADD_BIAS) { b0 = LOAD(bias); b1 = LOAD(bias + 4); } R##n(FROM_BIAS) } \
    const f32 *end = B + 8 * k; \
    LOOP(b0 = LOAD(B); b1 = LOAD(B + 4); R##n(ALONG_ROWS) R##n(NEXT) B += 8;) \
    if (flags & APPLY_RELU) { R##n(RELU_OF) } \
    if (flags & MASK) { R##n(MASK_OF) } \
    R##n(TO_C) \
  } \
  static __attribute__((noinline)) void tileT##n(i32 k, const f32 *A, i32 lda, const f32 *B, i32 ldb, f32 *C, i32 ldc, i32 flags) { \
    R##n(DECLARE) v128_t a, b0 = ZERO, b1 = ZERO; \
    if (flags & ACCUMULATE) { R##n(FROM_C) } else { R##n(FROM_BIAS) } \
    const f32 *end = B + ldb * k; \
    LOOP(b0 = LOAD(B); b1 = LOAD(B + 4); R##n(ALONG_COLUMNS) A += lda; B += ldb;) \
    R##n(TO_C) \
  }
MICRO_KERNELS(1, STEPS) MICRO_KERNELS(2, STEPS) MICRO_KERNELS(3, STEPS) MICRO_KERNELS(4, STEPS) MICRO_KERNELS(5, STEPS)
#if TILE == 6
MICRO_KERNELS(6, FOUR_STEPS)
#define CASE_6(call) case 6: call(6); break;
#else
#define CASE_6(call)
#endif
#define TILES(n, call) switch (n) { case 1: call(1); break; case 2: call(2); break; case 3: call(3); break; case 4: call(4); break; case 5: call(5); break; CASE_6(call) }

INLINE i32 least(i32 a, i32 b) { return a < b ? a : b; }
// How many of what is left come next: `most`, or all, up to a quarter more, so that no tiny rest remains.
INLINE i32 share(i32 left, i32 most) { return left < most + most / 4 ? left : most; }

// C[M, N] (+)= A[M, K] · W (+ bias), then ReLU, or zero where mask ≤ 0. W in panels that are `stride` floats apart; mask laid out as C.
static void multiply(i32 M, i32 N, i32 K, const f32 *A, i32 lda, const f32 *W, i32 stride, f32 *C, i32 ldc, const f32 *bias, const f32 *mask, i32 flags) {
  i32 panels = (N + 7) / 8;
  for (i32 k0 = 0, kc; k0 < K; k0 += kc) {
    kc = share(K - k0, CHUNK);
    i32 now = flags & (k0 + kc < K ? ADD_BIAS | ACCUMULATE : ~0);
    if (k0) now = (now & ~ADD_BIAS) | ACCUMULATE;
    for (i32 i0 = 0, end; i0 < M; i0 = end) {
      end = i0 + share(M - i0, ROWS);
      for (i32 j = 0; j < panels; j++) {
        const f32 *B = W + j * stride + 8 * k0;
        for (i32 i = i0, n; i < end; i += n) {
          n = least(TILE, end - i);
          const f32 *a = A + i * lda + k0, *m = mask + i * ldc + 8 * j;
          f32 *c = C + i * ldc + 8 * j;
#define CALL(n) tile##n(kc, a, lda, B, c, ldc, bias + 8 * j, m, now)
          TILES(n, CALL)
#undef CALL
        }
      }
    }
  }
}

// A[R, K] → tiles of up to TILE columns, each with its rows next to each other.
static void copyTiles(i32 R, i32 K, const f32 *A, i32 lda, f32 *to) {
  for (i32 i = 0, n; i < K; i += n) {
    n = least(TILE, K - i);
    for (i32 r = 0; r < R; r++)
      for (i32 c = 0; c < n; c++) *to++ = A[r * lda + i + c];
  }
}

// D[R, N] → panels.
static void copyPanels(i32 R, i32 N, const f32 *D, i32 ldd, f32 *to) {
  for (i32 j = 0; j < N; j += 8)
    for (i32 r = 0; r < R; r++, to += 8) {
      STORE(to, LOAD(D + r * ldd + j));
      STORE(to + 4, LOAD(D + r * ldd + j + 4));
    }
}

// G[K, N] in panels (+)= A[R, K]ᵀ · D[R, N]. Where rows are long, steps along columns would each be on another page: D is copied into `panels`, and
// blocks of A into `tiles`.
static void multiplyTransposed(i32 K, i32 N, i32 R, const f32 *A, i32 lda, const f32 *D, i32 ldd, f32 *G, f32 *panels, f32 *tiles, i32 accumulate) {
  i32 copy = ldd > 128;
  if (copy) copyPanels(R, N, D, ldd, panels);
  for (i32 r0 = 0, rc; r0 < R; r0 += rc) {
    rc = share(R - r0, CHUNK);
    i32 flags = r0 || accumulate ? ACCUMULATE : 0;
    for (i32 i0 = 0, end; i0 < K; i0 = end) {
      end = i0 + share(K - i0, ROWS);
      if (copy) copyTiles(rc, end - i0, A + r0 * lda + i0, lda, tiles);
      for (i32 j = 0; j < (N + 7) / 8; j++) {
        const f32 *B = copy ? panels + (j * R + r0) * 8 : D + r0 * ldd + 8 * j;
        i32 ldb = copy ? 8 : ldd;
        for (i32 i = i0, n; i < end; i += n) {
          n = least(TILE, end - i);
          const f32 *a = copy ? tiles + (i - i0) * rc : A + r0 * lda + i;
          f32 *c = G + (j * K + i) * 8;
#define CALL(n) tileT##n(rc, a, copy ? n : lda, B, ldb, c, 8, flags)
          TILES(n, CALL)
#undef CALL
        }
      }
    }
  }
}

// out[N] (+)= column sums of D[R, N].
static void columnSums(i32 R, i32 N, const f32 *D, i32 ldd, f32 *out, i32 accumulate) {
  for (i32 j = 0; j < N; j += 8) {
    v128_t a = accumulate ? LOAD(out + j) : ZERO, b = accumulate ? LOAD(out + j + 4) : ZERO;
    for (const f32 *d = D + j, *end = d + R * ldd; d != end; d += ldd) { a = ADD(a, LOAD(d)); b = ADD(b, LOAD(d + 4)); }
    STORE(out + j, a);
    STORE(out + j + 4, b);
  }
}

INLINE void transpose4(const f32 *from, i32 rows, f32 *to) {
  v128_t a = LOAD(from), b = rows > 1 ? LOAD(from + 8) : ZERO, c = rows > 2 ? LOAD(from + 16) : ZERO, d = rows > 3 ? LOAD(from + 24) : ZERO;
  v128_t ab = wasm_i32x4_shuffle(a, b, 0, 4, 1, 5), cd = wasm_i32x4_shuffle(c, d, 0, 4, 1, 5);
  STORE(to, wasm_i64x2_shuffle(ab, cd, 0, 2));
  STORE(to + 8, wasm_i64x2_shuffle(ab, cd, 1, 3));
  ab = wasm_i32x4_shuffle(a, b, 2, 6, 3, 7); cd = wasm_i32x4_shuffle(c, d, 2, 6, 3, 7);
  STORE(to + 16, wasm_i64x2_shuffle(ab, cd, 0, 2));
  STORE(to + 24, wasm_i64x2_shuffle(ab, cd, 1, 3));
}

// W[K, N] in panels → Wᵀ[N, K] in panels that are 8·(N padded to 8) floats apart, K padded with zeros.
static void transpose(i32 K, i32 N, const f32 *W, f32 *T) {
  i32 padded = (N + 7) & ~7;
  for (i32 k = 0; k < K; k += 8)
    for (i32 n = 0; n < padded; n += 8) {
      const f32 *w = W + (n / 8 * K + k) * 8;
      f32 *t = T + (k / 8 * padded + n) * 8;
      i32 rows = K - k;
      transpose4(w, rows, t);
      transpose4(w + 4, rows, t + 32);
      if (rows > 4) {
        transpose4(w + 32, rows - 4, t + 4);
        transpose4(w + 36, rows - 4, t + 36);
      } else for (i32 i = 0; i < 8; i++) STORE(t + 8 * i + 4, ZERO);
    }
}
#endif
