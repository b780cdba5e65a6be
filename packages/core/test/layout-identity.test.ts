import { weightLayout } from '@subspace/core';
import { layoutIdentity, requireSameLayout } from '@subspace/core/internals';
import { describe, expect, it } from 'vitest';

const named = (name: string) => weightLayout([{ name, shape: [2, 3] }]);
const nameOf = (name: string) => layoutIdentity(named(name))[0].name;

describe('identity of a layout', () => {
  it.each([
    ['dense_Dense1/kernel', 'dense_Dense/kernel'],
    ['dense_Dense12/bias', 'dense_Dense/bias'],
    ['batch_normalization_BatchNormalization3/gamma', 'batch_normalization_BatchNormalization/gamma'],
    ['conv2d_Conv2D10/kernel', 'conv2d_Conv2D/kernel'],
    ['p_re_lu_PReLU2/alpha', 'p_re_lu_PReLU/alpha'],
    ['lstm_LSTM1/recurrent_kernel', 'lstm_LSTM/recurrent_kernel'],
    ['bidirectional_Bidirectional2/backward_gru_GRU7/bias', 'bidirectional_Bidirectional/backward_gru_GRU/bias'],
    ['rnn_RNN2/RNNCell_0/kernel', 'rnn_RNN/RNNCell_0/kernel'],
    ['block2_Block21/kernel', 'block2_Block2/kernel'],
    ['private__inner__Inner4/w', 'private__inner__Inner/w'],
    ['dense_Dense1/kernel_1', 'dense_Dense/kernel_1'],
  ])('of %s has the name %s', (name, expected) => {
    expect(nameOf(name)).toBe(expected);
  });

  it.each([
    'dense_1/kernel',
    'hidden1/kernel',
    'hidden_hidden1/kernel',
    'Dense1/kernel',
    'layers.0.weight',
    'block1/dense2',
    '7',
    '_1',
  ])('leaves a name of the user’s own: %s', (name) => {
    expect(nameOf(name)).toBe(name);
  });

  it('is order and shapes too', () => {
    const [kernel, bias] = [
      { name: 'dense_Dense1/kernel', shape: [2, 3] },
      { name: 'dense_Dense1/bias', shape: [3] },
    ];
    const rebuilt = weightLayout([
      { name: 'dense_Dense5/kernel', shape: [2, 3] },
      { name: 'dense_Dense5/bias', shape: [3] },
    ]);
    const check = (tensors: Parameters<typeof weightLayout>[0]) => () =>
      requireSameLayout('f', 'layout', weightLayout(tensors), rebuilt);
    expect(check([kernel, bias])).not.toThrow();
    expect(check([bias, kernel])).toThrow(
      'f: layout has dense_Dense1/bias [3] as tensor 0, expected dense_Dense5/kernel [2, 3]',
    );
    expect(check([{ ...kernel, shape: [3, 2] }, bias])).toThrow(
      'f: layout has dense_Dense1/kernel [3, 2] as tensor 0, expected dense_Dense5/kernel [2, 3]',
    );
    expect(check([kernel])).toThrow('f: layout has nothing as tensor 1, expected dense_Dense5/bias [3]');
    expect(check([kernel, bias, { name: 'v', shape: [1] }])).toThrow(
      'f: layout has v [1] as tensor 2, expected nothing',
    );
  });
});
