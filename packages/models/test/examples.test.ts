import { describeExamples } from '@subspace-internal/testing';
import './cpu.ts';

describeExamples(import.meta.url);
