import { textWidth } from './figure.ts';

/** The text in lines that are at most `width` pixels wide, at the figures' font size: broken between words; a word that is wider ends in an ellipsis. */
export function wrappedText(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/[ \n]+/)) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && textWidth(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.map((line) => shortened(line, width));
}

function shortened(line: string, width: number): string {
  if (textWidth(line) <= width) return line;
  const characters = [...line];
  while (characters.length > 0 && textWidth(`${characters.join('')}…`) > width) characters.pop();
  return `${characters.join('')}…`;
}
