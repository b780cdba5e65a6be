import { fileURLToPath } from 'node:url';
import { describeExamples } from '@subspace-internal/testing';

// The README of the repository composes all packages, as only the examples may.
describeExamples(import.meta.url, fileURLToPath(new URL('../../../README.md', import.meta.url)));
