// The kernels of @subspace/dense: what a host calls. No libc, no heap: the host lays out memory (abi.h).
#include "network.h"
#include "tiles.h"

// Where in a scratch's weights point z of the job is, formed there from weight `from` on if it is not.
static const f32 *pointWeights(const SubspaceJob *job, Scratch *s, i32 point, i32 from) {
  if (s->generation != job->generation || s->point != point) {
    combine(job->net->size - from, job->dim, job->shift + from, job->basis + from, job->net->size, job->z + point * job->dim, s->w + from);
    s->generation = job->generation;
    s->point = point;
    s->transposedAt = -1;
  }
  return s->w;
}

INLINE void resetSums(Scratch *s) { for (i32 i = 0; i < 4; i++) s->sums[i] = 0; }
INLINE f64 totalOf(const Scratch *s) { return (s->sums[0] + s->sums[1]) + (s->sums[2] + s->sums[3]); }
// Rows of a block: the shard in equal parts of at most s->blockRows, multiples of 4 or of a tile.
INLINE i32 blockOf(const Scratch *s, i32 rows, i32 multiple) {
  i32 blocks = (rows + s->blockRows - 1) / s->blockRows;
  return ((rows + blocks - 1) / blocks + multiple - 1) & -multiple;
}

// Whether the first layer's sums, linear in z, are in tiles.
INLINE i32 inTiles(const SubspaceJob *job) { return job->linear && job->net->layers == 2; }
// How many of the first layer's sums there are in R rows, and what is kept of them from row `row` on.
INLINE i32 linearCount(const SubspaceJob *job, i32 R) { return inTiles(job) ? TILE_ROWS * tilesOf(R) * job->net->layer[0].out : R * job->net->layer[0].ld; }
INLINE f32 *linearAt(const SubspaceJob *job, i32 row) { return job->linear + (job->dim + 1) * linearCount(job, row); }

static void forwardAt(const SubspaceJob *job, Scratch *s, const f32 *w, i32 point, i32 row, i32 R, i32 keepSlopes) {
  const Net *net = job->net;
  if (job->linear) linearSums(linearCount(job, R), job->dim, linearAt(job, row), job->z + point * job->dim, activations(s, 0), net->activation == RELU);
  if (inTiles(job)) forwardTiles(net, s, w, R, keepSlopes);
  else forward(net, s, w, job->data.x + row * net->ldx, R, keepSlopes, job->linear != 0);
}

// The gradient of a block that went forward, in s->g; what the first layer's sums, linear in z, give is added to s->gradient.
static void backwardAt(const SubspaceJob *job, Scratch *s, const f32 *w, i32 row, i32 R, i32 accumulate) {
  const Net *net = job->net;
  const f32 *d = inTiles(job) ? backwardTiles(net, s, w, R, s->g, accumulate)
                              : backward(net, s, w, job->data.x + row * net->ldx, R, s->g, accumulate, job->linear != 0);
  if (job->linear) linearGradient(linearCount(job, R), job->dim, linearAt(job, row), d, s->gradient);
}

// The log likelihood of one point over some shards of the rows: values, gradients in z, or the log density of each row.
static void evaluate(const SubspaceJob *job, Scratch *s, i32 point, i32 firstShard, i32 lastShard, i32 mode) {
  const Net *net = job->net;
  i32 from = job->linear ? net->layer[1].weights : 0, gradient = mode == GRADIENTS, dim = job->dim;
  const f32 *w = pointWeights(job, s, point, from);
  if (gradient && s->transposedAt != point) { transposeLayers(net, s, w); s->transposedAt = point; }
  for (i32 shard = firstShard; shard < lastShard; shard++) {
    i32 start = shard * job->shardRows, end = least(job->data.rows, start + job->shardRows);
    i32 block = blockOf(s, end - start, inTiles(job) ? TILE_ROWS : 4);
    resetSums(s);
    for (i32 k = 0; gradient && k < dim; k++) s->gradient[k] = 0;
    for (i32 row = start, R; row < end; row += R) {
      R = least(block, end - row);
      forwardAt(job, s, w, point, row, R, gradient);
      const f32 *weights = job->data.rowWeights ? job->data.rowWeights + row : 0;
      logDensities(net, R, s->o, job->data.y + row, job->data.yStride, weights, s->sums, mode == ROW_VALUES ? s->rows : 0, gradient ? s->dO : 0, 1.f);
      if (mode == ROW_VALUES) for (i32 r = 0; r < R; r++) job->rowValues[row + r] = s->rows[r];
      if (gradient) backwardAt(job, s, w, row, R, row > start);
    }
    job->values[point * job->shards + shard] = totalOf(s);
    if (!gradient) continue;
    f64 *out = job->gradients + (point * job->shards + shard) * dim;
    for (i32 k = 0; k < dim; k++) out[k] = s->gradient[k] + dot(net->size - from, s->g + from, job->basis + k * net->size + from);
  }
}

// Rows of the first layer's sums at the shift (k = 0) or along basis row k − 1.
static void precompute(const SubspaceJob *job, Scratch *s, i32 k, i32 row, i32 rows) {
  const Net *net = job->net;
  const Layer *layer = &net->layer[0];
  const f32 *w = k ? job->basis + (k - 1) * net->size : job->shift;
  f32 *sums = s->d0;
  multiply(rows, layer->out, layer->in, job->data.x + row * net->ldx, net->ldx, w + layer->weights, 8 * layer->in, sums, layer->ld, w + layer->bias, 0, ADD_BIAS);
  if (inTiles(job)) {
    intoTiles(rows, layer->out, sums, layer->ld, s->d1);
    sums = s->d1;
  }
  placeLinear(linearCount(job, rows), job->dim, k, sums, linearAt(job, row));
}

// One shard's part of the Gauss–Newton matrix JᵀHJ in z, H the Fisher information of the outputs.
static void gaussNewton(const SubspaceJob *job, Scratch *s, i32 point, i32 shard) {
  const Net *net = job->net;
  const f32 *w = pointWeights(job, s, point, 0);
  i32 dim = job->dim, planes = net->outputs * net->planeStride;
  f64 *matrix = job->curvature + shard * dim * dim;
  for (i32 i = 0; i < dim * dim; i++) matrix[i] = 0;
  i32 start = shard * job->shardRows, end = least(job->data.rows, start + job->shardRows), block = blockOf(s, end - start, 4);
  for (i32 row = start, R; row < end; row += R) {
    R = least(block, end - row);
    const f32 *x = job->data.x + row * net->ldx, *weights = job->data.rowWeights ? job->data.rowWeights + row : 0;
    forward(net, s, w, x, R, 1, 0);
    for (i32 k = 0; k < dim; k++) tangent(net, s, w, job->basis + k * net->size, x, R, s->tangents + k * planes);
    for (i32 k = 0; k < dim; k++) {
      __builtin_memcpy(s->dO, s->tangents + k * planes, 4 * planes);
      timesInformation(net, R, s->o, weights, s->dO);
      for (i32 l = 0; l <= k; l++)
        for (i32 n = 0; n < net->outputs; n++)
          matrix[k * dim + l] += dot((R + 3) & ~3, s->dO + n * net->planeStride, s->tangents + l * planes + n * net->planeStride);
    }
  }
  for (i32 k = 0; k < dim; k++) for (i32 l = 0; l < k; l++) matrix[l * dim + k] = matrix[k * dim + l];
}

// Gathers rows of the data into scratch.
static void gather(const Data *data, const Net *net, Scratch *s, const i32 *rows, i32 R) {
  for (i32 r = 0; r < R; r++) {
    const f32 *x = data->x + rows[r] * net->ldx;
    f32 *to = s->x + r * net->ldx;
    for (i32 j = 0; j < net->ldx; j += 8) { STORE(to + j, LOAD(x + j)); STORE(to + j + 4, LOAD(x + j + 4)); }
  }
  for (i32 m = 0; m < net->targets; m++)
    for (i32 r = 0; r < R; r++) s->y[m * net->planeStride + r] = data->y[m * data->yStride + rows[r]];
  if (data->rowWeights) for (i32 r = 0; r < R; r++) s->rowWeights[r] = data->rowWeights[rows[r]];
}

// Gradient of −Σ log p / rowsOfStep over one shard of a step's rows.
static void shardGradient(const TrainJob *job, Scratch *s, const i32 *rows, i32 count, i32 rowsOfStep, i32 shard) {
  const Net *net = job->net;
  if (s->transposedAt != job->step) { transposeLayers(net, s, job->w); s->transposedAt = job->step; }
  resetSums(s);
  f32 *g = job->gradients + shard * net->size;
  i32 block = blockOf(s, count, 4);
  for (i32 start = 0, R; start < count; start += R) {
    R = least(block, count - start);
    gather(&job->data, net, s, rows + start, R);
    forward(net, s, job->w, s->x, R, 1, 0);
    logDensities(net, R, s->o, s->y, net->planeStride, job->data.rowWeights ? s->rowWeights : 0, s->sums, 0, s->dO, -1.f / rowsOfStep);
    backward(net, s, job->w, s->x, R, g, start > 0, 0);
  }
  job->losses[shard] = -totalOf(s);
}

// Parts of a step of so many rows: each with at least rowsOfShard of them.
INLINE i32 shardsOf(const TrainJob *job, i32 rows) {
  i32 shards = least(job->mostShards, rows / job->rowsOfShard);
  return shards < 1 ? 1 : shards;
}

static void gradientOfShard(const TrainJob *job, Scratch *s, i32 start, i32 shard) {
  i32 rows = least(job->batch, job->count - start), shards = shardsOf(job, rows);
  i32 from = rows * shard / shards, to = rows * (shard + 1) / shards;
  shardGradient(job, s, job->order + start + from, to - from, rows, shard);
}

// Mixes the points into w = Σ cₖ·θₖ.
EXPORT(mix) void mix(const TrainJob *job) {
  i32 size = job->net->size;
  for (i32 i = 0; i < size; i += 4) STORE(job->w + i, ZERO);
  combine(size, job->points, job->w, job->point, size, job->coefficients, job->w);
}

// What an optimizer remembers decays where gradients are 0, and would end as a subnormal number, which never gets to 0, and takes processors a
// hundred times as long: 0 below 10⁻³⁰.
INLINE v128_t flushed(v128_t x) { return wasm_v128_andnot(x, wasm_f32x4_lt(wasm_f32x4_abs(x), ALL(1e-30f))); }

// The optimizer's step of weights [from, to): gradients of the shards of `rows` rows summed in order, penalty, momentum or moments, update.
static void update(const TrainJob *job, i32 rows, i32 stepOfRun, i32 from, i32 to) {
  i32 size = job->net->size, shards = shardsOf(job, rows);
  f32 *gradients = job->gradients;
  const f32 *w = job->w, *factors = job->rateFactors;
  v128_t rate = wasm_v128_load32_splat(job->rates + stepOfRun), decay = wasm_f32x4_splat(job->weightDecay), momentum = wasm_f32x4_splat(job->momentum);
  for (i32 n = 1; n < shards; n++)
    for (i32 i = from; i < to; i += 4) STORE(gradients + i, ADD(LOAD(gradients + i), LOAD(gradients + n * size + i)));
  for (i32 k = 0; k < job->points; k++) {
    if (job->fixed >> k & 1) continue;
    f32 *point = job->point + k * size, *first = job->first + k * size, *second = job->second + k * size;
    v128_t coefficient = job->coefficients ? wasm_v128_load32_splat(job->coefficients + k) : ALL(1.f);
    // With one point, w is the point: read before it is written.
#define GRADIENT MUL(coefficient, FMA(decay, LOAD(w + i), LOAD(gradients + i)))
    if (job->optimizer == SGD) {
      for (i32 i = from; i < to; i += 4) {
        v128_t g = GRADIENT, v = flushed(FMA(momentum, LOAD(first + i), g)), d = job->nesterov ? FMA(momentum, v, g) : v;
        STORE(first + i, v);
        if (factors) d = MUL(d, LOAD(factors + i));
        STORE(point + i, SUB(LOAD(point + i), MUL(rate, d)));
      }
    } else {
      v128_t beta2 = wasm_f32x4_splat(job->beta2), rest1 = wasm_f32x4_splat(1.f - job->momentum), rest2 = wasm_f32x4_splat(1.f - job->beta2);
      v128_t epsilon = wasm_f32x4_splat(job->epsilon), correction = wasm_v128_load32_splat(job->corrections + stepOfRun);
      for (i32 i = from; i < to; i += 4) {
        v128_t g = GRADIENT;
        v128_t m = flushed(FMA(momentum, LOAD(first + i), MUL(rest1, g))), u = flushed(FMA(beta2, LOAD(second + i), MUL(rest2, MUL(g, g))));
        STORE(first + i, m);
        STORE(second + i, u);
        v128_t d = DIV(m, FMA(wasm_f32x4_sqrt(u), correction, epsilon));
        if (factors) d = MUL(d, LOAD(factors + i));
        STORE(point + i, SUB(LOAD(point + i), MUL(rate, d)));
      }
    }
  }
}

// All steps of job->order by one thread: the same numbers as its shards by many. losses[0] holds the sum before, and then after.
EXPORT(run) void run(TrainJob *job, Scratch *s) {
  f64 loss = job->losses[0];
  for (i32 start = 0, n = 0; start < job->count; start += job->batch, n++) {
    i32 rows = least(job->batch, job->count - start), shards = shardsOf(job, rows);
    job->step++;
    if (job->points > 1) mix(job);
    for (i32 shard = 0; shard < shards; shard++) {
      gradientOfShard(job, s, start, shard);
      loss += job->losses[shard];
    }
    update(job, rows, n, 0, job->net->size);
  }
  job->losses[0] = loss;
}

// Outputs of rows [row, row + rows) into planes; with a direction, their derivatives along it.
static void outputsOf(const OutputJob *job, Scratch *s, i32 row, i32 rows) {
  const Net *net = job->net;
  for (i32 start = row, end = row + rows, R; start < end; start += R) {
    R = least(s->blockRows, end - start);
    const f32 *x = job->data.x + start * net->ldx, *planes = s->o;
    forward(net, s, job->w, x, R, job->direction != 0, 0);
    if (job->direction) { tangent(net, s, job->w, job->direction, x, R, s->tangents); planes = s->tangents; }
    for (i32 n = 0; n < net->outputs; n++) __builtin_memcpy(job->out + n * job->outStride + start, planes + n * net->planeStride, 4 * R);
  }
}

// Jᵀ·u of all rows, u in the planes of data.y, into job->out.
EXPORT(pullBack) void pullBack(const OutputJob *job, Scratch *s) {
  const Net *net = job->net;
  transposeLayers(net, s, job->w);
  s->transposedAt = s->point = s->generation = -1;
  for (i32 start = 0, R; start < job->data.rows; start += R) {
    R = least(s->blockRows, job->data.rows - start);
    const f32 *x = job->data.x + start * net->ldx;
    forward(net, s, job->w, x, R, 1, 0);
    for (i32 n = 0; n < net->outputs; n++)
      for (i32 r = 0; r < ((R + 3) & ~3); r++) s->dO[n * net->planeStride + r] = r < R ? job->data.y[n * job->data.yStride + start + r] : 0;
    backward(net, s, job->w, x, R, job->out, start > 0, 0);
  }
}

EXPORT(perform) void perform(const Section *section, Scratch *s, i32 part) {
  switch (section->task) {
    case EVALUATE: {
      const SubspaceJob *job = section->job;
      i32 parts = (job->shards + section->c - 1) / section->c, first = part % parts * section->c;
      evaluate(job, s, part / parts, first, least(job->shards, first + section->c), section->a);
      break;
    }
    case PRECOMPUTE: {
      const SubspaceJob *job = section->job;
      i32 parts = (job->data.rows + section->a - 1) / section->a, row = part % parts * section->a;
      precompute(job, s, part / parts, row, least(section->a, job->data.rows - row));
      break;
    }
    case GAUSS_NEWTON: gaussNewton(section->job, s, section->a, part); break;
    case SHARD_GRADIENT: gradientOfShard(section->job, s, section->a, part); break;
    case UPDATE: {
      const TrainJob *job = section->job;
      update(job, section->a, section->b, part * section->c, least(job->net->size, (part + 1) * section->c));
      break;
    }
    case OUTPUTS: {
      const OutputJob *job = section->job;
      outputsOf(job, s, part * section->a, least(section->a, job->data.rows - part * section->a));
      break;
    }
  }
}
