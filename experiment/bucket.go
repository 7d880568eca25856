package experiment

import "strconv"

// HashVersion is the formula that turns a unit into a number in [0, 1).
type HashVersion uint8

// Hash versions, those of GrowthBook's SDKs: 32-bit FNV-1a over UTF-16 code
// units.
const (
	// HashV2 hashes the decimal digits of hash(seed + unit) once more, in
	// 10,000 steps; two experiments with different seeds are independent.
	HashV2 HashVersion = 2
	// HashV1 is hash(unit + seed) in 1,000 steps. Seeds that differ in their
	// last characters only give dependent buckets: use it for old experiments.
	HashV1 HashVersion = 1
)

// Bucket returns the number in [0, 1) of a unit in the experiment with the given
// seed, bit for bit as GrowthBook's SDKs do. An unknown version is taken as
// [HashV2]. It does not allocate.
func Bucket(seed, unit string, version HashVersion) float64 {
	if version == HashV1 {
		return thousandth(fnv1a(fnv1a(fnvOffset, unit), seed))
	}
	return bucketV2(fnv1a(fnvOffset, seed), unit)
}

// bucketV2 takes the hash of the seed, which is the same for every unit.
func bucketV2(seedHash uint32, unit string) float64 {
	var buffer [10]byte
	h := uint32(fnvOffset)
	for _, digit := range strconv.AppendUint(buffer[:0], uint64(fnv1a(seedHash, unit)), 10) {
		h = (h ^ uint32(digit)) * fnvPrime
	}
	return float64(h%10_000) / 10_000
}

func thousandth(h uint32) float64 { return float64(h%1_000) / 1_000 }

const (
	fnvOffset = 0x811c9dc5
	fnvPrime  = 0x01000193
)

// fnv1a continues hash h with the UTF-16 code units of s.
func fnv1a(h uint32, s string) uint32 {
	ascii := 0
	for ascii < len(s) && s[ascii] < 0x80 {
		h = (h ^ uint32(s[ascii])) * fnvPrime
		ascii++
	}
	for _, r := range s[ascii:] {
		if r >= 0x10000 {
			r -= 0x10000
			h = (h ^ uint32(0xd800+r>>10)) * fnvPrime
			r = 0xdc00 + r&0x3ff
		}
		h = (h ^ uint32(r)) * fnvPrime
	}
	return h
}

// Hasher is the formula of [Bucket] for one seed: what depends on the seed only
// is computed once. The zero Hasher has an empty seed and HashV2.
type Hasher struct {
	seed    string
	start   uint32 // hash of the seed, for HashV2
	version HashVersion
}

// NewHasher prepares [Bucket] for a seed.
func NewHasher(seed string, version HashVersion) Hasher {
	return Hasher{seed: seed, start: fnv1a(fnvOffset, seed), version: version}
}

// Bucket returns the number in [0, 1) of a unit.
func (h *Hasher) Bucket(unit string) float64 {
	switch {
	case h.version == HashV1:
		return thousandth(fnv1a(fnv1a(fnvOffset, unit), h.seed))
	case h.start == 0: // the zero Hasher: no seed hashes to 0 but by chance
		return Bucket(h.seed, unit, HashV2)
	default:
		return bucketV2(h.start, unit)
	}
}

// Range is the half-open part [0] ≤ bucket < [1] of the buckets. Its JSON is a
// list of two numbers, as GrowthBook writes it.
type Range [2]float64

// Holds reports whether the bucket is in r.
func (r Range) Holds(bucket float64) bool { return r[0] <= bucket && bucket < r[1] }

// Ranges gives each weight its share of [0, 1), of which the first coverage
// part takes part. The sums are those of float64 JavaScript, without a fused
// multiply-add.
func Ranges(coverage float64, weights []float64) []Range {
	ranges := make([]Range, len(weights))
	start := 0.0
	for i, w := range weights {
		ranges[i] = Range{start, start + float64(coverage*w)}
		start += w
	}
	return ranges
}

// Choose returns the index of the range that holds the bucket, -1 when none
// does.
func Choose(bucket float64, ranges []Range) int {
	for i, r := range ranges {
		if r.Holds(bucket) {
			return i
		}
	}
	return -1
}
