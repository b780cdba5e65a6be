import { textWidth } from './text-width.ts';

/** The text in lines that are at most `width` pixels wide, at the figures' font size: broken between words; a word that is wider ends in an ellipsis. */
export function wrappedText(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/[ \n]/)) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && textWidth(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.map((line) => shortenedText(line, width));
}

/** The text, or as much of it as is at most `width` pixels wide with an ellipsis behind it. */
export function shortenedText(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  const characters = [...text];
  while (characters.length > 1 && textWidth(`${characters.join('')}…`) > width) characters.pop();
  return `${characters.join('')}…`;
}
