/** The weights that a network has now. A trainer at work has them in the kernels' memory: they are read from there when somebody asks. */
export interface CurrentWeights {
  /** Flat [D]: what they were when they were last read. */
  readonly flat: Float32Array;
  /** Flat [D]; not a copy. */
  read(): Float32Array;
  write(weights: Float32Array): void;
  /** Makes `owner` the one whose memory holds the weights. True if it held them already. */
  claim(owner: WeightOwner): boolean;
  /** The owner's memory is going. */
  release(owner: WeightOwner): void;
}

export interface WeightOwner {
  /** Reads the weights out of the owner's memory. */
  unload(out: Float32Array): void;
}

export function currentWeights(initial: Float32Array): CurrentWeights {
  const flat = initial.slice();
  let owner: WeightOwner | undefined;
  const read = () => {
    owner?.unload(flat);
    return flat;
  };
  return {
    flat,
    read,
    write(weights) {
      flat.set(weights);
      owner = undefined;
    },
    claim(next) {
      if (owner === next) return true;
      read();
      owner = next;
      return false;
    },
    release(last) {
      if (owner !== last) return;
      read();
      owner = undefined;
    },
  };
}
