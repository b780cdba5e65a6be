/**
 * Complementary error function, erfc(x) = 2/√π · ∫ₓ^∞ exp(−t²) dt, to about 16 digits in both tails.
 *
 * @see fdlibm's s_erf.c (Sun Microsystems, 1993), whose rational approximations these are
 */
export function erfc(x: number): number {
  const t = Math.abs(x);
  if (t < 0.84375) {
    const z = x * x;
    const y = polynomial(SMALL.numerator, z) / polynomial(SMALL.denominator, z);
    return x < 0.25 ? 1 - (x + x * y) : 0.5 - (x - 0.5 + x * y);
  }
  let tail: number;
  if (t < 1.25) {
    const s = t - 1;
    tail = 1 - AT_ONE - polynomial(NEAR_ONE.numerator, s) / polynomial(NEAR_ONE.denominator, s);
  } else {
    const { numerator, denominator } = t < 1 / 0.35 ? MIDDLE : FAR;
    const s = 1 / (t * t);
    // exp(−t²) without the rounding of t²: that of the 24 leading bits is exact.
    const leading = Math.fround(t);
    const exponent = (leading - t) * (leading + t) + polynomial(numerator, s) / polynomial(denominator, s);
    tail = t > 28 ? 0 : (Math.exp(-leading * leading - 0.5625) * Math.exp(exponent)) / t;
  }
  return x < 0 ? 2 - tail : tail;
}

/** Value of a polynomial, from the constant term up. */
export function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) sum = sum * x + coefficients[i];
  return sum;
}

/** erf(1), rounded. */
const AT_ONE = 0.8450629115104675;
const SMALL = {
  numerator: [
    0.12837916709551256, -0.3250421072470015, -0.02848174957559851, -0.005770270296489442, -2.3763016656650163e-5,
  ],
  denominator: [
    1, 0.39791722395915535, 0.0650222499887673, 0.005081306281875766, 0.00013249473800432164, -3.960228278775368e-6,
  ],
};
const NEAR_ONE = {
  numerator: [
    -0.0023621185607526594, 0.41485611868374833, -0.3722078760357013, 0.31834661990116175, -0.11089469428239668,
    0.035478304325618236, -0.002166375594868791,
  ],
  denominator: [
    1, 0.10642088040084423, 0.540397917702171, 0.07182865441419627, 0.12617121980876164, 0.01363708391202905,
    0.011984499846799107,
  ],
};
/** For 1.25 ≤ |x| < 1/0.35. */
const MIDDLE = {
  numerator: [
    -0.009864944034847148, -0.6938585727071818, -10.558626225323291, -62.375332450326006, -162.39666946257347,
    -184.60509290671104, -81.2874355063066, -9.814329344169145,
  ],
  denominator: [
    1, 19.651271667439257, 137.65775414351904, 434.56587747522923, 645.3872717332679, 429.00814002756783,
    108.63500554177944, 6.570249770319282, -0.0604244152148581,
  ],
};
/** For 1/0.35 ≤ |x| < 28. */
const FAR = {
  numerator: [
    -0.0098649429247001, -0.799283237680523, -17.757954917754752, -160.63638485582192, -637.5664433683896,
    -1025.0951316110772, -483.5191916086514,
  ],
  denominator: [
    1, 30.33806074348246, 325.7925129965739, 1536.729586084437, 3199.8582195085955, 2553.0504064331644,
    474.52854120695537, -22.44095244658582,
  ],
};
