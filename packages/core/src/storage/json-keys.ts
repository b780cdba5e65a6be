/** A file header is nested three deep. */
const DEEPEST = 10;

/**
 * Reads the keys of a JSON text, without its values, and tells what is wrong with them: an object that names one twice (of which `JSON.parse` keeps the
 * last, silently) or has more than `most` of them, or objects nested deep. Takes time in proportion to the text, up to the problem.
 *
 * What is no JSON may go unnoticed, or end in a `SyntaxError`.
 */
export function keyProblem(json: string, most: number): string | undefined {
  // Keys of the objects and lists that are open; a list has none.
  const open: (Set<string> | undefined)[] = [];
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === '{' || character === '[') {
      if (open.length === DEEPEST) return `is nested more than ${DEEPEST} deep`;
      open.push(undefined);
    } else if (character === '}' || character === ']') {
      open.pop();
    } else if (character === '"') {
      const end = endOfText(json, at);
      if (isKey(json, end)) {
        const text = json.slice(at, end);
        const key = text.includes('\\') ? (JSON.parse(text) as string) : text.slice(1, -1);
        const keys = open[open.length - 1] ?? new Set();
        if (keys.has(key)) return `names ${JSON.stringify(key)} twice`;
        open[open.length - 1] = keys.add(key);
        if (keys.size > most) return `has more than ${most} names`;
      }
      at = end - 1;
    }
  }
  return undefined;
}

/** Behind the quote that ends the text which begins at `start`. */
function endOfText(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at + 1;
}

function isKey(json: string, end: number): boolean {
  let at = end;
  while (' \t\n\r'.includes(json[at] ?? '-')) at++;
  return json[at] === ':';
}
