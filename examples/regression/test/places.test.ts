import { expect, it } from 'vitest';
import { placesOf } from '../src/places.ts';

it('a point is at the data, between its clusters or outside of its range', () => {
  const place = placesOf([-3, -2, 2, 7]);
  expect([-3.3, -3.1, -2, 0, 2.1, 2.3, 7.1, 7.3].map(place)).toEqual([
    'outside',
    'at data',
    'at data',
    'between',
    'at data',
    'between',
    'at data',
    'outside',
  ]);
});
