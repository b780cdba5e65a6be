export type { AsyncBuffer, ByteSource } from './async-buffer.ts';
export type { ElementData, ElementTypeName } from './element-type.ts';
export type { ReadLimits } from './limits.ts';
export type { PickleGlobal, PickleInstance, PickleValue } from './pickle/pickle-value.ts';
export { type ReadTorchOptions, readTorchCheckpoint, type TorchObject } from './read-torch-checkpoint.ts';
export type { TorchTensor } from './torch-tensor.ts';
