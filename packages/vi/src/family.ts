import { type Gaussian, gaussianLogDensity, gaussianLogDensityGradient, type Vector } from '@subspace/core';
import { type Affine, affineInverse, affineLogDet, affinePoint, affinePulled } from './affine.ts';
import type { Flow } from './flow.ts';

/**
 * A family of densities q(z; φ) whose draws are z = g(ε; φ) with ε ~ N(0, I): an affine map of ε, or of a flow of ε. What variational inference fits.
 */
export interface Family {
  readonly dim: number;
  /** Number of parameters φ. */
  readonly size: number;
  /** All draws of one φ. */
  at(parameters: Vector): FamilyMember;
}

export interface FamilyMember {
  /** z = g(ε), log q(z), and what the gradient needs. */
  draw(base: Vector): FamilyDraw;
  logDensity(z: Vector): number;
  /** The Gaussian, where it is one. */
  readonly gaussian?: Gaussian;
}

export interface FamilyDraw {
  readonly point: Vector;
  readonly logDensity: number;
  /**
   * Adds the gradient of log p(g(ε; φ)) − log q(g(ε; φ); φ) with respect to φ.
   *
   * @param slope ∇ log p at the point
   */
  addGradient(slope: Vector, into: Vector): void;
}

/**
 * Gaussians.
 *
 * @param stickingTheLanding leaves out the gradient of log q with respect to the φ that it is evaluated at: it is zero on average, and without it
 * the gradient has no noise at all where q = p (Roeder, Wu & Duvenaud, 2017, Equation 8)
 */
export function gaussianFamily(map: Affine, stickingTheLanding: boolean): Family {
  const { dim, size } = map;
  return {
    dim,
    size,
    at(parameters) {
      const gaussian = map.gaussian(parameters);
      const logDet = affineLogDet(gaussian);
      return {
        gaussian,
        logDensity: (z) => gaussianLogDensity(gaussian, z),
        draw(base) {
          const point = affinePoint(gaussian, base);
          return {
            point,
            logDensity: standardNormal(base) - logDet,
            addGradient(slope, into) {
              if (stickingTheLanding) {
                const own = gaussianLogDensityGradient(gaussian, point);
                map.addGradient(
                  parameters,
                  base,
                  slope.map((g, k) => g - own[k]),
                  into,
                );
              } else {
                map.addGradient(parameters, base, slope, into);
                map.addLogDetGradient(1, into);
              }
            },
          };
        },
      };
    },
  };
}

/** Affine maps of a flow. Parameters: those of the affine map, then those of the flow. */
export function flowFamily(map: Affine, flow: Flow): Family {
  const { dim } = map;
  return {
    dim,
    size: map.size + flow.size,
    at(parameters) {
      const inner = parameters.subarray(map.size);
      const gaussian = map.gaussian(parameters);
      const outerLogDet = affineLogDet(gaussian);
      return {
        logDensity(z) {
          const { base, logDet } = flow.inverse(inner, affineInverse(gaussian, z));
          return standardNormal(base) - logDet - outerLogDet;
        },
        draw(base) {
          const { point: middle, logDet, addGradient: addFlowGradient } = flow.forward(inner, base);
          return {
            point: affinePoint(gaussian, middle),
            logDensity: standardNormal(base) - logDet - outerLogDet,
            addGradient(slope, into) {
              map.addGradient(parameters, middle, slope, into);
              map.addLogDetGradient(1, into);
              addFlowGradient(affinePulled(gaussian, slope), 1, into.subarray(map.size));
            },
          };
        },
      };
    },
  };
}

/** log N(ε | 0, I). */
function standardNormal(base: Vector): number {
  let sum = base.length * Math.log(2 * Math.PI);
  for (let k = 0; k < base.length; k++) sum += base[k] * base[k];
  return -sum / 2;
}
