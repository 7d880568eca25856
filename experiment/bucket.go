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

// bucketRange is the half-open part [start, end) of [0, 1).
type bucketRange struct{ start, end float64 }

func (r bucketRange) holds(bucket float64) bool { return r.start <= bucket && bucket < r.end }

// bucketRanges gives each weight its share of [0, 1), of which the first
// coverage part takes part. Sums are those of float64 JavaScript: no fused
// multiply-add.
func bucketRanges(coverage float64, weights []float64) []bucketRange {
	ranges := make([]bucketRange, len(weights))
	start := 0.0
	for i, w := range weights {
		ranges[i] = bucketRange{start, start + float64(coverage*w)}
		start += w
	}
	return ranges
}
