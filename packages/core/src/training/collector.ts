/** Something that watches training and belongs in its checkpoint: SWAG moments. */
export interface Collector {
  /** Takes in weights [D]; must not keep the buffer. */
  collect(weights: Float32Array): void;
  state(): Readonly<Record<string, unknown>>;
  restore(state: Readonly<Record<string, unknown>>): void;
}
