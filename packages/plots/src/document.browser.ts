/** The document that figures are built in. Browsers have one: their bundles come without linkedom. */
export function figureDocument(): unknown {
  return (globalThis as { document?: unknown }).document;
}
