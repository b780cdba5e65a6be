/**
 * Discrete Fourier transform in place: xₖ ← Σⱼ xⱼ·exp(−2πi·jk/n), for n a power of two (Cooley and Tukey).
 *
 * @param real [n]
 * @param imaginary [n]
 */
export function fourierTransform(real: Float64Array, imaginary: Float64Array): void {
  const n = real.length;
  for (let i = 1, j = 0; i < n; i++) {
    // j counts with its bits reversed.
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [real[i], real[j]] = [real[j], real[i]];
      [imaginary[i], imaginary[j]] = [imaginary[j], imaginary[i]];
    }
  }
  const half = n / 2;
  const cosines = Float64Array.from({ length: half }, (_, k) => Math.cos((2 * Math.PI * k) / n));
  const sines = Float64Array.from({ length: half }, (_, k) => -Math.sin((2 * Math.PI * k) / n));
  for (let size = 1; size < n; size *= 2) {
    for (let k = 0; k < size; k++) {
      const [c, s] = [cosines[(k * half) / size], sines[(k * half) / size]];
      for (let i = k; i < n; i += 2 * size) {
        const j = i + size;
        const re = real[j] * c - imaginary[j] * s;
        const im = real[j] * s + imaginary[j] * c;
        real[j] = real[i] - re;
        imaginary[j] = imaginary[i] - im;
        real[i] += re;
        imaginary[i] += im;
      }
    }
  }
}
