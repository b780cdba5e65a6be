import { layers, type Sequential, sequential } from '@tensorflow/tfjs-layers';

/** The models of `models/make.py` that several tests build. */
const epsilon = 1e-5;

export const convolutions = (): Sequential =>
  sequential({
    layers: [
      layers.conv2d({ filters: 3, kernelSize: 3, inputShape: [6, 8, 2] }),
      layers.batchNormalization({ epsilon }),
      layers.reLU(),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.conv2d({ filters: 5, kernelSize: 2 }),
      layers.batchNormalization({ epsilon }),
      layers.reLU(),
      layers.flatten(),
      layers.dense({ units: 4, activation: 'relu' }),
      layers.dense({ units: 4 }),
    ],
  });

export const depthwise = (): Sequential =>
  sequential({
    layers: [
      layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, activation: 'relu', inputShape: [6, 8, 2] }),
      layers.conv2d({ filters: 3, kernelSize: 1 }),
      layers.globalAveragePooling2d({}),
      layers.dense({ units: 2 }),
    ],
  });
