/** Of all text but titles, in pixels. */
export const fontSize = 13;

/** Width of a text in pixels: an estimate that is right for DejaVu Sans, the widest of the fonts, and generous for the others. */
export function textWidth(text: string): number {
  let ems = 0;
  for (const character of text)
    ems += /[\sfijlrtI.,:;'()|]/.test(character) ? 0.37 : /[-mwMW@±−]/.test(character) ? 0.9 : 0.625;
  return ems * fontSize;
}
