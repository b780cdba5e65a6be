// What the host lays out in memory, and the kernels read. Every field is one 32-bit word; pointers are byte addresses.
// The order of fields is that of src/kernels/memory-map.ts.
//
// A weight vector is kept in kernel layout, all layers one after another, then v:
// - hidden layer, weights [in, out]: panels of 8 outputs; panel p holds `in` rows of 8 floats. Outputs padded to a multiple of 8 with zeros;
// - output layer, weights [out, in]: rows of `in` padded to a multiple of 8 with zeros;
// - biases, padded to a multiple of 8.
// Momentum, gradient, shift and basis rows have the same layout, so that nothing is ever repacked.
// Activations are row major with rows padded to a multiple of 8 (in tiles: tiles.h). Outputs and targets are planes: one row of memory an output, so that likelihoods
// work on four rows of data at a time.
#ifndef ABI_H
#define ABI_H
typedef float f32;
typedef double f64;
typedef int i32;
#define EXPORT(name) __attribute__((export_name(#name)))
#define INLINE static inline __attribute__((always_inline))

enum { IDENTITY, RELU, TANH, GELU, SILU };
enum { HEAD_IDENTITY, HEAD_HETEROSCEDASTIC };
enum { GAUSSIAN, HETEROSCEDASTIC, CATEGORICAL, BINARY, NO_LIKELIHOOD };
enum { SGD, ADAM };
enum { VALUES, GRADIENTS, ROW_VALUES };
enum { EVALUATE, PRECOMPUTE, GAUSS_NEWTON, SHARD_GRADIENT, UPDATE, OUTPUTS };

typedef struct {
  i32 in, out;
  i32 weights, bias;   // where they start in a weight vector, in floats
  i32 ld;              // row length of the layer's activations: `out` padded to 8; of its inputs for the output layer
  i32 transposed;      // where its transpose starts in scratch, in floats; hidden layers but the first
} Layer;

typedef struct {
  i32 layers, activation, head, likelihood;
  i32 inputs, ldx;     // ldx: `inputs` padded to 8
  i32 outputs, targets;
  i32 size;            // floats of a weight vector, a multiple of 16
  i32 v;               // where v is in a weight vector; −1 if it is fixed
  f32 fixedV;
  f32 variance;
  i32 planeStride;     // of output planes in scratch; at least the rows of a block, a multiple of 8
  Layer layer[];
} Net;

// One thread's working memory.
typedef struct {
  i32 blockRows;       // rows that go through all layers together; a multiple of 4, and of a tile's rows where there are tiles (tiles.h)
  i32 generation, point, transposedAt;   // whose weights are in w and t
  f64 *sums;           // [4] one per row modulo 4
  f64 *gradient;       // [dim] of a linear first layer
  f32 *w, *g, *t;      // a weight vector, its gradient, transposed layers
  f32 *x, *y, *rowWeights;               // gathered rows
  f32 *panels, *tiles; // copies of wide matrices: see multiplyTransposed
  f32 *o, *dO, *slope; // output planes, their derivatives, derivatives of the head
  f32 *d0, *d1;        // derivatives of activations; first-layer sums before they are kept; with tiles, d1 is for gradients of the output layer, in four parts
  f32 *tangents;       // [dim, outputs] planes
  f32 *rows;           // log density of each row of a block
  f32 *layer[];        // per hidden layer: activations, derivatives of the activation function
} Scratch;

// Rows of data: inputs [rows, ldx], target planes, weights of rows (or 0).
typedef struct {
  f32 *x, *y;
  i32 yStride;
  f32 *rowWeights;
  i32 rows;
} Data;

typedef struct {
  Net *net;
  Data data;
  i32 generation;      // grows with every call, so that a thread knows whether its weights are of this one
  f32 *shift, *basis;
  i32 dim;
  f32 *z;              // [points, dim]
  f32 *linear;         // first layer's sums of the shift and of each basis row: see linear.h; or 0
  i32 shards, shardRows;
  f64 *values;         // [points, shards]
  f64 *gradients;      // [points, shards, dim]
  f64 *rowValues;      // [rows]
  f64 *curvature;      // [shards, dim, dim]
} SubspaceJob;

typedef struct {
  Net *net;
  Data data;
  i32 *order;          // rows of all steps, one after another
  i32 count, batch;    // rows in `order`, rows a step
  i32 step;            // grows with every step
  i32 rowsOfShard, mostShards;           // how the rows of a step are cut: see shardsOf
  i32 points;
  f32 *w;              // where gradients are taken: the mix of points, or the only point
  f32 *point, *first, *second;           // [points, size] weights and what the optimizer remembers
  f32 *coefficients;   // [points] or 0
  i32 fixed;           // bit k: point k stays
  f32 *gradients;      // [mostShards, size]
  f64 *losses;         // [mostShards] −Σ log p of the last step; then the sum of all steps of a run
  i32 optimizer;
  f32 momentum;        // or β₁
  i32 nesterov;
  f32 beta2, epsilon, weightDecay;
  f32 *rateFactors;    // [size] or 0
  f32 *rates;          // per step; for Adam divided by 1 − β₁ᵗ
  f32 *corrections;    // per step, for Adam: 1/√(1 − β₂ᵗ)
} TrainJob;

// Outputs, and Jacobian products, at given weights.
typedef struct {
  Net *net;
  Data data;           // y: planes of a cotangent for transposed products
  f32 *w, *direction;
  f32 *out;            // planes [outputs, outStride]; or a gradient [size] for transposed products
  i32 outStride;
} OutputJob;

// Work in parts that any thread may take, in any order: what each computes is its own.
typedef struct {
  i32 task;
  void *job;
  i32 a, b, c;         // EVALUATE: mode, points, shards a part · PRECOMPUTE: rows a part · GAUSS_NEWTON: point
                       // SHARD_GRADIENT: start in order · UPDATE: rows of the step, step of the run, weights a part · OUTPUTS: rows a part
} Section;
#endif
