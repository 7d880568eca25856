package coupon

// checking returns the index of the character that is appended to those of
// indexes out of an alphabet of n.
//
// For a prime n the sum of all characters, each times a weight that is not zero
// and not that of its neighbors, is a multiple of n: the idea of ISBN-10. A wrong
// character at weight w changes the sum by w·d, two neighbors exchanged by (w -
// w')·d, and neither is a multiple of a prime unless d is zero. For ten
// characters, where no weights do, it is Damm's quasigroup (Damm, 2004, Total
// anti-symmetrische Quasigruppen).
func checking(indexes []byte, n int) byte {
	if n == 10 {
		var x byte
		for _, i := range indexes {
			x = damm[x][i]
		}
		return x // as damm[x][x] is 0
	}
	// The checking character has the weight 1; before it they count up from 2 to
	// n-1 and round again.
	sum := 0
	for k := range indexes {
		weight := 1 + (len(indexes)-k)%(n-1)
		sum += weight * int(indexes[k])
	}
	return byte((n - sum%n) % n)
}

var damm = [10][10]byte{
	{0, 3, 1, 7, 5, 9, 8, 6, 4, 2},
	{7, 0, 9, 2, 1, 5, 4, 8, 6, 3},
	{4, 2, 0, 6, 8, 7, 1, 3, 5, 9},
	{1, 7, 5, 0, 9, 8, 3, 4, 2, 6},
	{6, 1, 2, 3, 0, 4, 5, 9, 7, 8},
	{3, 6, 7, 4, 2, 0, 9, 5, 8, 1},
	{5, 8, 6, 9, 7, 2, 0, 1, 3, 4},
	{8, 9, 4, 5, 3, 6, 2, 0, 1, 7},
	{9, 4, 3, 8, 6, 1, 7, 2, 0, 5},
	{2, 5, 8, 1, 4, 3, 6, 7, 9, 0},
}
