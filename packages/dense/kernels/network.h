// Forward, backward and tangent passes of a block of rows through all layers.
#ifndef NETWORK_H
#define NETWORK_H
#include "activation.h"
#include "gemm.h"
#include "likelihood.h"
#include "output-layer.h"

INLINE i32 hidden(const Net *net) { return net->layers - 1; }
INLINE f32 *activations(const Scratch *s, i32 l) { return s->layer[2 * l]; }
INLINE f32 *slopes(const Scratch *s, i32 l) { return s->layer[2 * l + 1]; }
INLINE i32 padded(i32 n) { return (n + 7) & ~7; }
// ReLU's derivative is read off its activations, the identity's is 1; the others' are kept.
INLINE i32 hasSlopes(const Net *net) { return net->activation > RELU; }

// out = base + Σ_k z[k]·rows[k], n floats, five rows a pass.
static void combine(i32 n, i32 dim, const f32 *base, const f32 *rows, i32 stride, const f32 *z, f32 *out) {
  for (i32 k = 0; k < dim;) {
    const f32 *a = rows + k * stride;
    v128_t z0 = wasm_v128_load32_splat(z + k);
    if (k + 5 <= dim) {
      v128_t z1 = wasm_v128_load32_splat(z + k + 1), z2 = wasm_v128_load32_splat(z + k + 2);
      v128_t z3 = wasm_v128_load32_splat(z + k + 3), z4 = wasm_v128_load32_splat(z + k + 4);
      const f32 *b = a + stride, *c = b + stride, *d = c + stride, *e = d + stride;
      for (i32 i = 0; i < n; i += 4)
        STORE(out + i, FMA(z4, LOAD(e + i), FMA(z3, LOAD(d + i), FMA(z2, LOAD(c + i), FMA(z1, LOAD(b + i), FMA(z0, LOAD(a + i), LOAD(base + i)))))));
      k += 5;
    } else {
      for (i32 i = 0; i < n; i += 4) STORE(out + i, FMA(z0, LOAD(a + i), LOAD(base + i)));
      k++;
    }
    base = out;
  }
}

// Σ a·b: 512 products in single precision, their sums in double.
static f64 dot(i32 n, const f32 *a, const f32 *b) {
  f64 total = 0;
  for (i32 i = 0; i < n;) {
    i32 end = least(n, i + 512);
    v128_t s = ZERO, t = ZERO, u = ZERO, v = ZERO;
    for (; i + 16 <= end; i += 16) {
      s = FMA(LOAD(a + i), LOAD(b + i), s);
      t = FMA(LOAD(a + i + 4), LOAD(b + i + 4), t);
      u = FMA(LOAD(a + i + 8), LOAD(b + i + 8), u);
      v = FMA(LOAD(a + i + 12), LOAD(b + i + 12), v);
    }
    for (; i < end; i += 4) s = FMA(LOAD(a + i), LOAD(b + i), s);
    total += sum(ADD(ADD(s, t), ADD(u, v)));
  }
  return total;
}

// Outputs of R rows, into planes s->o. `first`: the first layer's sums are there already, in its activations, with ReLU applied.
// keepSlopes: what the backward pass needs is kept.
static void forward(const Net *net, Scratch *s, const f32 *w, const f32 *x, i32 R, i32 keepSlopes, i32 first) {
  const f32 *from = x;
  i32 ld = net->ldx;
  for (i32 l = 0; l < hidden(net); l++) {
    const Layer *layer = &net->layer[l];
    f32 *h = activations(s, l);
    i32 relu = net->activation == RELU;
    if (l || !first)
      multiply(R, layer->out, layer->in, from, ld, w + layer->weights, 8 * layer->in, h, layer->ld, w + layer->bias, 0, ADD_BIAS | (relu ? APPLY_RELU : 0));
    if (hasSlopes(net))
      activate(net->activation, R * layer->ld, h, keepSlopes ? slopes(s, l) : 0);
    from = h;
    ld = layer->ld;
  }
  const Layer *last = &net->layer[hidden(net)];
  outputs(R, last->out, ld, from, w + last->weights, w + last->bias, s->o, net->planeStride, 0);
  head(net, R, w, s->o, keepSlopes ? s->slope : 0);
}

// Transposes that the backward pass needs.
static void transposeLayers(const Net *net, Scratch *s, const f32 *w) {
  for (i32 l = 1; l < hidden(net); l++) {
    const Layer *layer = &net->layer[l];
    transpose(layer->in, layer->out, w + layer->weights, s->t + layer->transposed);
  }
}

// Gradient g (+)= of what has derivatives s->dO by the outputs of a block that went forward. With `first`, the derivatives by the first layer's
// sums are left in the array that is returned, and its weights get no gradient.
static f32 *backward(const Net *net, Scratch *s, const f32 *w, const f32 *x, i32 R, f32 *g, i32 accumulate, i32 first) {
  f32 v = headDerivatives(net, R, w, s->dO, s->slope);
  if (net->v >= 0) g[net->v] = (accumulate ? g[net->v] : 0.f) + v;
  i32 top = hidden(net) - 1, relu = net->activation == RELU;
  const Layer *last = &net->layer[top + 1];
  const f32 *below = top >= 0 ? activations(s, top) : x;
  outputGradients(R, last->out, last->ld, s->dO, net->planeStride, below, g + last->weights, g + last->bias, accumulate);
  f32 *d = s->d0, *other = s->d1;
  if (top >= 0) {
    inputDerivatives(R, last->out, last->ld, s->dO, net->planeStride, w + last->weights, d, relu ? below : 0);
    if (hasSlopes(net)) timesSlope(R * last->ld, d, slopes(s, top));
  }
  for (i32 l = top; l >= 0; l--) {
    const Layer *layer = &net->layer[l];
    if (!l && first) break;
    below = l ? activations(s, l - 1) : x;
    i32 ld = l ? net->layer[l - 1].ld : net->ldx;
    multiplyTransposed(layer->in, layer->out, R, below, ld, d, layer->ld, g + layer->weights, s->panels, s->tiles, accumulate);
    columnSums(R, layer->out, d, layer->ld, g + layer->bias, accumulate);
    if (!l) break;
    multiply(R, layer->in, layer->out, d, layer->ld, s->t + layer->transposed, 8 * padded(layer->out), other, ld, 0, below, relu ? MASK : 0);
    if (hasSlopes(net)) timesSlope(R * ld, other, slopes(s, l - 1));
    f32 *swap = d; d = other; other = swap;
  }
  return d;
}

// Derivatives of the outputs of a block that went forward, along `direction` in weight space, into planes.
static void tangent(const Net *net, Scratch *s, const f32 *w, const f32 *direction, const f32 *x, i32 R, f32 *planes) {
  const f32 *from = x;
  f32 *moved = 0, *t = s->d0, *other = s->d1;
  i32 ld = net->ldx, relu = net->activation == RELU, stride = net->planeStride;
  for (i32 l = 0; l < hidden(net); l++) {
    const Layer *layer = &net->layer[l];
    const f32 *h = activations(s, l);
    multiply(R, layer->out, layer->in, from, ld, direction + layer->weights, 8 * layer->in, t, layer->ld, direction + layer->bias, h, ADD_BIAS | (relu && !moved ? MASK : 0));
    if (moved) multiply(R, layer->out, layer->in, moved, ld, w + layer->weights, 8 * layer->in, t, layer->ld, 0, h, ACCUMULATE | (relu ? MASK : 0));
    if (hasSlopes(net)) timesSlope(R * layer->ld, t, slopes(s, l));
    moved = t; t = other; other = moved;
    from = h;
    ld = layer->ld;
  }
  const Layer *last = &net->layer[hidden(net)];
  outputs(R, last->out, ld, from, direction + last->weights, direction + last->bias, planes, stride, 0);
  if (moved) outputs(R, last->out, ld, moved, w + last->weights, 0, planes, stride, 1);
  if (net->head != HEAD_HETEROSCEDASTIC) return;
  f32 global = net->v < 0 ? 0 : wasm_f32x4_extract_lane(vsigmoid(wasm_f32x4_splat(w[net->v])), 0) * direction[net->v];
  for (i32 n = 0, means = net->outputs / 2; n < means; n++) {
    f32 *p = planes + (means + n) * stride;
    for (i32 r = 0; r < R; r += 4) STORE(p + r, FMA(LOAD(p + r), LOAD(s->slope + n * stride + r), wasm_f32x4_splat(global)));
  }
}
#endif
