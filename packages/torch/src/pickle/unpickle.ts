import { argumentError } from '@subspace/core/internals';
import type { CopyBudget } from '../copy-budget.ts';
import type { ReadLimits } from '../limits.ts';
import { buildState, callAllowed, newInstance, type PickleFunction } from './pickle-calls.ts';
import { latin1, pickleCursor } from './pickle-cursor.ts';
import { requireDepth, tooDeep } from './pickle-depth.ts';
import { decimalOf, floatOf, longOf } from './pickle-number.ts';
import { quotedString, rawUnicodeEscape, utf8 } from './pickle-text.ts';
import { fullName, isGlobal, isInstance, isMap, isSet, type PickleGlobal, type PickleValue } from './pickle-value.ts';

/** What a pickle may ask for beyond plain data. */
export interface PickleWorld {
  /** The functions that may be called, by full name: each makes data of its arguments. */
  readonly functions: ReadonlyMap<string, PickleFunction>;
  readonly copies: CopyBudget;
  /** What a persistent id stands for: a storage. */
  persistent(id: PickleValue): PickleValue;
}

export interface Unpickled {
  readonly value: PickleValue;
  /** Where the byte after the pickle lies. */
  readonly end: number;
}

/** Longer than any name of a module and a class in it. */
const LONGEST_NAME = 1000;

/** Where a list of arguments began. */
const MARK = Symbol('mark');
type Slot = PickleValue | typeof MARK;

/**
 * Reads a pickle of protocol 0 to 5 as data. No module is imported, no class made, nothing called but what `world` allows.
 *
 * @param bytes of which the pickle begins at `start`
 * @throws on what is no pickle, a function that is not allowed (naming it), a limit; `MORE_BYTES` where the bytes end too early
 * @see https://docs.python.org/3/library/pickletools.html for the opcodes
 */
export function unpickle(
  where: string,
  bytes: Uint8Array,
  start: number,
  world: PickleWorld,
  limits: Required<ReadLimits>,
): Unpickled {
  const at = pickleCursor(bytes, start);
  const stack: Slot[] = [];
  const marks: number[] = [];
  const memo = new Map<number, PickleValue>();
  let steps = 0;

  const damaged = (problem: string) => argumentError(where, `the pickle is damaged at byte ${at.offset}: ${problem}`);
  const pop = (): PickleValue => {
    if (stack.length === 0) throw damaged('it takes a value of an empty stack');
    const value = stack.pop()!;
    if (value === MARK) throw damaged('it takes a mark for a value');
    return value as PickleValue;
  };
  const top = (): PickleValue => {
    const value = stack[stack.length - 1];
    if (stack.length === 0 || value === MARK) throw damaged('it has no value where it needs one');
    return value as PickleValue;
  };
  const popMark = (): PickleValue[] => {
    const from = marks.pop();
    if (from === undefined || stack[from] !== MARK) throw damaged('it goes back to a mark that is not there');
    const values = stack.splice(from + 1) as PickleValue[];
    stack.pop();
    return values;
  };
  const remember = (index: number | undefined) => {
    if (index === undefined || index < 0) throw damaged('it remembers a value by what is no number');
    if (index > limits.memo || memo.size >= limits.memo) {
      throw argumentError(
        where,
        `the pickle remembers more than ${limits.memo} values, or one as number ${index}; limits.memo allows ${limits.memo}`,
      );
    }
    memo.set(index, top());
  };
  const recall = (index: number | undefined) => {
    if (index === undefined || !memo.has(index))
      throw damaged(`it asks for value ${index}, which it has not remembered`);
    stack.push(memo.get(index)!);
  };
  const number = <T>(value: T | undefined, text: string): T => {
    if (value === undefined) throw damaged(`${JSON.stringify(text.slice(0, 40))} is no number`);
    return value;
  };
  const text = (value: string | undefined): string => {
    if (value === undefined) throw damaged('a text is none');
    return value;
  };
  /** A string of Python 2: text as a rule, bytes otherwise, each of which is a character then. */
  const oldString = (value: Uint8Array): string => utf8(value) ?? latin1(value);
  const index = (line: string): number | undefined => {
    const value = decimalOf(line);
    return typeof value === 'number' ? value : undefined;
  };
  const call = (callee: PickleValue, args: PickleValue): PickleValue => {
    if (!isGlobal(callee)) throw damaged('it calls what is no function');
    if (!Array.isArray(args)) throw damaged(`it calls ${fullName(callee)} with arguments that are no tuple`);
    return callAllowed(where, callee, args, world.functions, world.copies);
  };
  const setItems = (target: PickleValue, pairs: readonly PickleValue[]) => {
    const items = isMap(target) ? target : isInstance(target) ? target.items : undefined;
    if (!items) throw damaged('it sets an item of something that is no dict');
    if (pairs.length % 2 !== 0) throw damaged('it sets a key without a value');
    for (let i = 0; i < pairs.length; i += 2) items.set(pairs[i], pairs[i + 1]);
  };
  const append = (target: PickleValue, values: readonly PickleValue[]) => {
    const list = Array.isArray(target) ? target : isInstance(target) ? target.list : undefined;
    if (!list || Object.isFrozen(list)) throw damaged('it appends to something that is no list');
    for (const value of values) list.push(value);
  };
  const dict = (pairs: readonly PickleValue[]): PickleValue => {
    const map = new Map<PickleValue, PickleValue>();
    setItems(map, pairs);
    return map;
  };
  const global = (module: PickleValue, name: PickleValue): PickleGlobal => {
    if (typeof module !== 'string' || typeof name !== 'string') throw damaged('a global has a name that is no text');
    if (module.length + name.length > LONGEST_NAME)
      throw damaged(`a global has a name of more than ${LONGEST_NAME} letters`);
    return { kind: 'global', module, name };
  };
  const length = (count: number): number => {
    if (count < 0) throw damaged(`a length is ${count}`);
    return count;
  };

  for (;;) {
    if (++steps > limits.opcodes) {
      throw argumentError(
        where,
        `the pickle has more than ${limits.opcodes} steps; limits.opcodes allows ${limits.opcodes}`,
      );
    }
    if (marks.length > limits.depth) throw tooDeep(where, limits.depth);
    const code = at.byte();
    switch (String.fromCharCode(code)) {
      // The frame of it all.
      case '\x80': {
        const protocol = at.byte();
        if (protocol > 5) throw argumentError(where, `the pickle has protocol ${protocol}, expected at most 5`);
        break;
      }
      case '\x95':
        at.bytes(8);
        break;
      case '.': {
        const value = pop();
        if (stack.length > 0) throw damaged('it ends with values left over');
        requireDepth(where, value, limits.depth);
        return { value, end: at.offset };
      }
      case '(':
        marks.push(stack.length);
        stack.push(MARK);
        break;
      case '0':
        if (stack.at(-1) === MARK) popMark();
        else pop();
        break;
      case '1':
        popMark();
        break;
      case '2':
        stack.push(top());
        break;

      // What is remembered.
      case 'p':
        remember(index(at.line()));
        break;
      case 'q':
        remember(at.byte());
        break;
      case 'r':
        remember(at.uint32());
        break;
      case '\x94':
        remember(memo.size);
        break;
      case 'g':
        recall(index(at.line()));
        break;
      case 'h':
        recall(at.byte());
        break;
      case 'j':
        recall(at.uint32());
        break;

      // Constants and numbers.
      case 'N':
        stack.push(null);
        break;
      case '\x88':
        stack.push(true);
        break;
      case '\x89':
        stack.push(false);
        break;
      case 'I': {
        const line = at.line();
        stack.push(line === '00' ? false : line === '01' ? true : number(decimalOf(line), line));
        break;
      }
      case 'L': {
        const line = at.line();
        stack.push(number(decimalOf(line), line));
        break;
      }
      case 'F': {
        const line = at.line();
        stack.push(number(floatOf(line), line));
        break;
      }
      case 'J':
        stack.push(at.int32());
        break;
      case 'K':
        stack.push(at.byte());
        break;
      case 'M':
        stack.push(at.uint16());
        break;
      case '\x8a':
        stack.push(longOf(at.bytes(at.byte())));
        break;
      case '\x8b': {
        const size = length(at.int32());
        if (size > 4096) throw damaged(`an integer has ${size} bytes, expected at most 4096`);
        stack.push(longOf(at.bytes(size)));
        break;
      }
      case 'G':
        stack.push(at.float64());
        break;

      // Texts and bytes.
      case 'S':
        stack.push(text(quotedString(at.line())));
        break;
      case 'T':
        stack.push(oldString(at.bytes(length(at.int32()))));
        break;
      case 'U':
        stack.push(oldString(at.bytes(at.byte())));
        break;
      case 'V':
        stack.push(text(rawUnicodeEscape(at.line())));
        break;
      case 'X':
        stack.push(text(utf8(at.bytes(at.uint32()))));
        break;
      case '\x8c':
        stack.push(text(utf8(at.bytes(at.byte()))));
        break;
      case '\x8d':
        stack.push(text(utf8(at.bytes(at.length64()))));
        break;
      case 'B':
        stack.push(at.bytes(at.uint32()));
        break;
      case 'C':
        stack.push(at.bytes(at.byte()));
        break;
      case '\x8e':
      case '\x96':
        stack.push(at.bytes(at.length64()));
        break;

      // Containers. A tuple is a list that nothing is appended to.
      case ')':
        stack.push(tuple([]));
        break;
      case 't':
        stack.push(tuple(popMark()));
        break;
      case '\x85':
        stack.push(tuple([pop()]));
        break;
      case '\x86': {
        const second = pop();
        stack.push(tuple([pop(), second]));
        break;
      }
      case '\x87': {
        const [third, second] = [pop(), pop()];
        stack.push(tuple([pop(), second, third]));
        break;
      }
      case ']':
        stack.push([]);
        break;
      case 'l':
        stack.push(popMark());
        break;
      case 'a': {
        const value = pop();
        append(top(), [value]);
        break;
      }
      case 'e': {
        const values = popMark();
        append(top(), values);
        break;
      }
      case '}':
        stack.push(new Map());
        break;
      case 'd':
        stack.push(dict(popMark()));
        break;
      case 's': {
        const [value, key] = [pop(), pop()];
        setItems(top(), [key, value]);
        break;
      }
      case 'u': {
        const pairs = popMark();
        setItems(top(), pairs);
        break;
      }
      case '\x8f':
        stack.push(new Set());
        break;
      case '\x90': {
        const values = popMark();
        const set = top();
        if (!isSet(set)) throw damaged('it adds to something that is no set');
        for (const value of values) set.add(value);
        break;
      }
      case '\x91':
        stack.push(new Set(popMark()));
        break;

      // Names, and what is made of them.
      case 'c':
        stack.push(global(text(utf8(lineBytes(at.line()))), text(utf8(lineBytes(at.line())))));
        break;
      case '\x93': {
        const name = pop();
        stack.push(global(pop(), name));
        break;
      }
      case 'R': {
        const args = pop();
        stack.push(call(pop(), args));
        break;
      }
      case 'i': {
        const callee = global(at.line(), at.line());
        stack.push(call(callee, popMark()));
        break;
      }
      case 'o': {
        const [callee, ...args] = popMark();
        stack.push(call(callee ?? null, args));
        break;
      }
      case '\x81': {
        const args = pop();
        const type = pop();
        if (!isGlobal(type) || !Array.isArray(args)) throw damaged('it makes an object of what is no class');
        stack.push(newInstance(type, args));
        break;
      }
      case '\x92': {
        const [keywords, args, type] = [pop(), pop(), pop()];
        if (!isGlobal(type) || !Array.isArray(args) || !isMap(keywords))
          throw damaged('it makes an object of what is no class');
        world.copies(args.length);
        stack.push(newInstance(type, [...args, ...(keywords.size > 0 ? [keywords] : [])]));
        break;
      }
      case 'b': {
        const state = pop();
        if (!buildState(where, top(), state, world.copies))
          throw damaged('it sets the state of something that has none');
        break;
      }
      case 'Q':
        stack.push(world.persistent(pop()));
        break;
      case 'P':
        stack.push(world.persistent(at.line()));
        break;
      case '\x82':
      case '\x83':
      case '\x84':
        throw argumentError(where, 'the pickle asks for an object of an extension registry, which is none of data');
      case '\x97':
      case '\x98':
        throw argumentError(where, 'the pickle has bytes outside of itself, expected all of them inside');
      default:
        throw damaged(`${code} is no step of a pickle`);
    }
  }
}

function tuple(values: PickleValue[]): PickleValue[] {
  return Object.freeze(values) as PickleValue[];
}

function lineBytes(line: string): Uint8Array {
  return Uint8Array.from(line, (character) => character.charCodeAt(0));
}
