// Forward and backward of a network with one hidden layer whose sums are linear in z. Rows lie in lanes: a tile holds, unit after unit, sixteen rows.
// So no unit is padded, and the output layer needs no sums across lanes. Blocks start at a tile; rows of a block from R to the end of its last tile
// are there, and count for nothing.
#ifndef TILES_H
#define TILES_H
#include "linear.h"
#include "network.h"

enum { TILE_ROWS = 16 };
INLINE i32 tilesOf(i32 rows) { return (rows + TILE_ROWS - 1) / TILE_ROWS; }

// Sums [rows, ld] → tiles. Rows from `rows` on become 0.
static void intoTiles(i32 rows, i32 units, const f32 *sums, i32 ld, f32 *tiles) {
  for (i32 t = 0; t < tilesOf(rows); t++)
    for (i32 j = 0; j < units; j++)
      for (i32 r = 0; r < TILE_ROWS; r++, tiles++) *tiles = TILE_ROWS * t + r < rows ? sums[(TILE_ROWS * t + r) * ld + j] : 0;
}

#define OF_TILE(F) F(0) F(1) F(2) F(3)
#define ONE_OUTPUT(i) a##i = FMA(p, LOAD(x + 4 * i), a##i);
#define TWO_OUTPUTS(i) s = LOAD(x + 4 * i); a##i = FMA(p, s, a##i); c##i = FMA(q, s, c##i);

// o[n, r] = Σ_j h[j, r]·w[n, j] + bias[n].
static void outputsOfTiles(i32 tiles, i32 units, i32 N, i32 ld, const f32 *h, const f32 *w, const f32 *bias, f32 *o, i32 stride) {
  for (i32 t = 0; t < tiles; t++, h += TILE_ROWS * units, o += TILE_ROWS)
    for (i32 n = 0; n < N; n += 2) {
      const f32 *u = w + n * ld, *x = h;
      f32 *to = o + n * stride;
      v128_t p, q, s, b = wasm_v128_load32_splat(bias + n), a0 = b, a1 = b, a2 = b, a3 = b;
      if (n + 1 < N) {
        const f32 *v = u + ld;
        v128_t c = wasm_v128_load32_splat(bias + n + 1), c0 = c, c1 = c, c2 = c, c3 = c;
        for (i32 j = 0; j < units; j++, x += TILE_ROWS) {
          p = wasm_v128_load32_splat(u + j);
          q = wasm_v128_load32_splat(v + j);
          OF_TILE(TWO_OUTPUTS)
        }
        STORE(to + stride, c0); STORE(to + stride + 4, c1); STORE(to + stride + 8, c2); STORE(to + stride + 12, c3);
      } else {
        for (i32 j = 0; j < units; j++, x += TILE_ROWS) { p = wasm_v128_load32_splat(u + j); OF_TILE(ONE_OUTPUT) }
      }
      STORE(to, a0); STORE(to + 4, a1); STORE(to + 8, a2); STORE(to + 12, a3);
    }
}

// Outputs of R rows, into planes s->o. The hidden layer's sums are there already, in its activations, with ReLU applied.
static void forwardTiles(const Net *net, Scratch *s, const f32 *w, i32 R, i32 keepSlopes) {
  const Layer *last = &net->layer[1];
  i32 tiles = tilesOf(R), n = tiles * TILE_ROWS * last->in;
  f32 *h = activations(s, 0);
  if (hasSlopes(net)) activate(net->activation, n, h, keepSlopes ? slopes(s, 0) : 0);
  outputsOfTiles(tiles, last->in, last->out, last->ld, h, w + last->weights, w + last->bias, s->o, net->planeStride);
  head(net, R, w, s->o, keepSlopes ? s->slope : 0);
}

// d[j, r] (+)= Σ dO[n, r]·w[n, j] over the one or two outputs n from which dO, w and g start, zero where h ≤ bound; g[n, j] += Σ_r dO[n, r]·h[j, r], in
// four parts.
INLINE void derivativesOfTiles(i32 tiles, i32 units, i32 ld, const f32 *dO, i32 stride, const f32 *w, const f32 *h, f32 *d, f32 *g, v128_t bound, i32 pair, i32 more) {
  for (i32 t = 0; t < tiles; t++, dO += TILE_ROWS)
    for (i32 j = 0; j < units; j++, h += TILE_ROWS, d += TILE_ROWS) {
      f32 *to = g + 4 * j, *next = to + 4 * units;
      v128_t u = wasm_v128_load32_splat(w + j), v = pair ? wasm_v128_load32_splat(w + ld + j) : ZERO, a = LOAD(to), b = pair ? LOAD(next) : ZERO, x, y, o;
#define OF_ROWS(i) \
      x = LOAD(h + i); \
      o = LOAD(dO + i); \
      y = more ? FMA(u, o, LOAD(d + i)) : MUL(u, o); \
      a = FMA(o, x, a); \
      if (pair) { o = LOAD(dO + stride + i); y = FMA(v, o, y); b = FMA(o, x, b); } \
      STORE(d + i, AND(y, wasm_f32x4_gt(x, bound)));
      OF_ROWS(0) OF_ROWS(4) OF_ROWS(8) OF_ROWS(12)
      STORE(to, a);
      if (pair) STORE(next, b);
    }
}

// Gradient g (+)= of the output layer of a block that went forward, and of v. The derivatives by the hidden sums, in tiles, are returned.
static f32 *backwardTiles(const Net *net, Scratch *s, const f32 *w, i32 R, f32 *g, i32 accumulate) {
  const Layer *last = &net->layer[1];
  i32 tiles = tilesOf(R), units = last->in, N = last->out, stride = net->planeStride;
  f32 v = headDerivatives(net, R, w, s->dO, s->slope);
  if (net->v >= 0) g[net->v] = (accumulate ? g[net->v] : 0.f) + v;
  for (i32 n = 0; n < N; n++)
    for (i32 r = (R + 3) & ~3; r < TILE_ROWS * tiles; r += 4) STORE(s->dO + n * stride + r, ZERO);
  for (i32 i = 0; i < 4 * N * units; i += 4) STORE(s->d1 + i, ZERO);
  const f32 *u = w + last->weights, *h = activations(s, 0);
  v128_t all = ALL(-__builtin_inff()), bound = net->activation == RELU ? ZERO : all;
  if (N == 2) derivativesOfTiles(tiles, units, last->ld, s->dO, stride, u, h, s->d0, s->d1, bound, 1, 0);
  else derivativesOfTiles(tiles, units, last->ld, s->dO, stride, u, h, s->d0, s->d1, N == 1 ? bound : all, 0, 0);
  for (i32 n = 1; n < N && N > 2; n++)
    derivativesOfTiles(tiles, units, last->ld, s->dO + n * stride, stride, u + n * last->ld, h, s->d0, s->d1 + 4 * n * units, n == N - 1 ? bound : all, 0, 1);
  if (hasSlopes(net)) timesSlope(TILE_ROWS * tiles * units, s->d0, slopes(s, 0));
  for (i32 n = 0; n < N; n++) {
    f32 *row = g + last->weights + n * last->ld, *bias = g + last->bias + n;
    for (i32 j = 0; j < last->ld; j++) row[j] = j < units ? (accumulate ? row[j] : 0.f) + sum(LOAD(s->d1 + 4 * (n * units + j))) : 0.f;
    v128_t total = ZERO;
    for (i32 r = 0; r < R; r += 4) total = ADD(total, LOAD(s->dO + n * stride + r));
    *bias = (accumulate ? *bias : 0.f) + sum(total);
  }
  return s->d0;
}
#endif
