import { describeExamples } from '@subspace-internal/testing';

describeExamples(import.meta.url);
