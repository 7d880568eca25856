package search

import (
	"slices"
	"sort"
	"sync"
)

// column is one attribute of all documents of a segment. Values are sorted and
// numbered: numbers first, then truth values, then texts; codes are these numbers
// plus one, and 0 is no value.
type column struct {
	name   string
	perDoc bool // stored once for each document, because no variant has its own
	nums   []float64
	bools  []bool
	texts  strs
	codes  codes // as filters, ranges and statistics see it
	raw    codes // as stored; another one only for prices out of stock
	byDoc  codes // distinct codes of each document; codes itself where perDoc

	docBits, recBits lazyBits
	ranges           rangeBits
	static           struct {
		once   sync.Once
		counts []uint32
	}
}

// codes is a code, or a list of codes, for each of n units.
type codes struct {
	n   int
	at  []uint32 // n + 1 where units have lists
	c8  []uint8
	c16 []uint16
	c32 []uint32
}

func (c *column) card() int { return len(c.nums) + len(c.bools) + c.texts.len() }

func (c *column) value(code uint32) value {
	i := int(code) - 1
	if i < len(c.nums) {
		return value{kind: numberValue, num: c.nums[i]}
	}
	if i -= len(c.nums); i < len(c.bools) {
		v := value{kind: boolValue}
		if c.bools[i] {
			v.num = 1
		}
		return v
	}
	return value{kind: textValue, text: c.texts.at(i - len(c.bools))}
}

// code returns the code of a value, 0 where no document has it.
func (c *column) code(v value) uint32 {
	switch v.kind {
	case numberValue:
		if i, ok := slices.BinarySearch(c.nums, v.num); ok {
			return uint32(i) + 1
		}
	case boolValue:
		if i := slices.Index(c.bools, v.num == 1); i >= 0 {
			return uint32(len(c.nums)+i) + 1
		}
	default:
		if i, ok := c.texts.find(v.text); ok {
			return uint32(len(c.nums)+len(c.bools)+i) + 1
		}
	}
	return 0
}

// span returns the codes of numbers in [low, high), either open at ±Inf.
func (c *column) span(low, high float64) (from, to uint32) {
	i := sort.SearchFloat64s(c.nums, low)
	j := sort.SearchFloat64s(c.nums, high)
	return uint32(i) + 1, uint32(max(i, j)) + 1
}

func (c *codes) code(i int) uint32 {
	switch {
	case c.c8 != nil:
		return uint32(c.c8[i])
	case c.c16 != nil:
		return uint32(c.c16[i])
	}
	return c.c32[i]
}

// of appends the codes of a unit.
func (c *codes) of(unit int, dst []uint32) []uint32 {
	if c.n == 0 {
		return dst
	}
	if c.at == nil {
		if code := c.code(unit); code != 0 {
			dst = append(dst, code)
		}
		return dst
	}
	for i := c.at[unit]; i < c.at[unit+1]; i++ {
		dst = append(dst, c.code(int(i)))
	}
	return dst
}

func (c *codes) bytes() int { return 4*len(c.at) + len(c.c8) + 2*len(c.c16) + 4*len(c.c32) }

// newCodes packs codes of up to card values. at is nil where each unit has one.
func newCodes(n int, at, list []uint32, card int) codes {
	c := codes{n: n, at: at}
	switch {
	case card < 1<<8:
		c.c8 = narrowed[uint8](list)
	case card < 1<<16:
		c.c16 = narrowed[uint16](list)
	default:
		c.c32 = list
		if list == nil {
			c.c32 = []uint32{}
		}
	}
	return c
}

func narrowed[T uint8 | uint16](list []uint32) []T {
	out := make([]T, len(list))
	for i, v := range list {
		out[i] = T(v)
	}
	return out
}

func (c *column) bytes() int {
	n := 8*len(c.nums) + len(c.bools) + len(c.texts.data) + 4*len(c.texts.off) + c.codes.bytes()
	if !c.perDoc {
		n += c.byDoc.bytes()
	}
	if c.separate() {
		n += c.raw.bytes()
	}
	return n
}

// separate reports whether raw has an array of its own.
func (c *column) separate() bool { return !sameCodes(&c.raw, &c.codes) }

func sameCodes(a, b *codes) bool {
	switch {
	case len(a.c8) > 0 && len(b.c8) > 0:
		return &a.c8[0] == &b.c8[0]
	case len(a.c16) > 0 && len(b.c16) > 0:
		return &a.c16[0] == &b.c16[0]
	case len(a.c32) > 0 && len(b.c32) > 0:
		return &a.c32[0] == &b.c32[0]
	}
	return len(a.c8)+len(a.c16)+len(a.c32) == len(b.c8)+len(b.c16)+len(b.c32)
}

// mostBits is how many values a column may have for a set of each to be kept.
const mostBits = 64

// lazyBits is the set of units of each value of a column, made at first use.
type lazyBits struct {
	once sync.Once
	sets []bitset // by code
}

// docSets returns the documents of each code, nil where there are too many.
func (c *column) docSets() []bitset {
	if c.card() > mostBits {
		return nil
	}
	c.docBits.once.Do(func() { c.docBits.sets = c.byDoc.sets(c.card()) })
	return c.docBits.sets
}

// recSets returns the records of each code of a column that is not perDoc.
func (c *column) recSets() []bitset {
	if c.card() > mostBits || c.perDoc {
		return nil
	}
	c.recBits.once.Do(func() { c.recBits.sets = c.codes.sets(c.card()) })
	return c.recBits.sets
}

func (c *codes) sets(card int) []bitset {
	words := (c.n + 63) / 64
	all := make(bitset, words*(card+1))
	sets := make([]bitset, card+1)
	for i := range sets {
		sets[i] = all[i*words : (i+1)*words : (i+1)*words]
	}
	var buf []uint32
	for unit := range c.n {
		buf = c.of(unit, buf[:0])
		for _, code := range buf {
			sets[code].set(unit)
		}
	}
	return sets
}

// where returns the units that have one of the wanted codes.
func (c *codes) where(wanted []bool) bitset {
	b := newBitset(c.n)
	switch {
	case c.n == 0:
	case c.c8 != nil:
		whereOf(b, c.at, c.c8, wanted)
	case c.c16 != nil:
		whereOf(b, c.at, c.c16, wanted)
	default:
		whereOf(b, c.at, c.c32, wanted)
	}
	return b
}

func whereOf[T uint8 | uint16 | uint32](b bitset, at []uint32, list []T, wanted []bool) {
	if at == nil {
		for i, code := range list {
			if wanted[code] {
				b[i>>6] |= 1 << (i & 63)
			}
		}
		return
	}
	for unit := range len(at) - 1 {
		for _, code := range list[at[unit]:at[unit+1]] {
			if wanted[code] {
				b.set(unit)
				break
			}
		}
	}
}

// within returns the units that have a code in [from, to).
func (c *codes) within(from, to uint32) bitset {
	b := newBitset(c.n)
	switch {
	case c.n == 0 || from >= to:
	case c.c8 != nil:
		withinOf(b, c.at, c.c8, from, to)
	case c.c16 != nil:
		withinOf(b, c.at, c.c16, from, to)
	default:
		withinOf(b, c.at, c.c32, from, to)
	}
	return b
}

func withinOf[T uint8 | uint16 | uint32](b bitset, at []uint32, list []T, from, to uint32) {
	width := to - from
	if at == nil {
		for i, code := range list {
			if uint32(code)-from < width {
				b[i>>6] |= 1 << (i & 63)
			}
		}
		return
	}
	for unit := range len(at) - 1 {
		for _, code := range list[at[unit]:at[unit+1]] {
			if uint32(code)-from < width {
				b.set(unit)
				break
			}
		}
	}
}

// rangeBits keeps the sets of the ranges that were asked for lately.
type rangeBits struct {
	mu   sync.Mutex
	docs map[[2]uint32]bitset
	recs map[[2]uint32]bitset
}

// mostRanges is how many ranges a column keeps.
const mostRanges = 32

// rangeSet returns the documents, or the records, with a code in [from, to).
func (c *column) rangeSet(from, to uint32, records bool) bitset {
	span := [2]uint32{from, to}
	c.ranges.mu.Lock()
	defer c.ranges.mu.Unlock()
	kept, of := &c.ranges.docs, &c.byDoc
	if records {
		kept, of = &c.ranges.recs, &c.codes
	}
	if b, ok := (*kept)[span]; ok {
		return b
	}
	b := of.within(from, to)
	if *kept == nil || len(*kept) >= mostRanges {
		*kept = map[[2]uint32]bitset{}
	}
	(*kept)[span] = b
	return b
}
