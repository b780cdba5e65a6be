import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';

// Production mode before the first operation: without it the cpu backend prints advice on faster backends, and printing fails a test.
tf.enableProdMode();
