import { parseHTML } from 'linkedom';

/** The document that figures are built in: the page's where there is one, otherwise one made for the occasion. */
export function figureDocument(): unknown {
  return (globalThis as { document?: unknown }).document ?? parseHTML('<!doctype html><html></html>').document;
}
