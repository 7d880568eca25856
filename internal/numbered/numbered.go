package numbered

import "hash/maphash"

// Strings are the strings that were put, by number. The zero value is empty. It
// is not safe for concurrent use.
type Strings[S ~string] struct {
	slots []slot // a power of two of them, at most three of four taken
	list  []S
	seed  maphash.Seed
	near  uint32 // keeps the reads of Numbers that bring slots near
}

// slot holds a part of the hash of a string, its number plus one, 0 where it is free, and the string
// itself where it is short, so that most are compared without being looked up.
type slot struct {
	hash, number uint32
	head         head
}

// head is a string of up to 15 bytes with its length, or tooLong.
type head [16]byte

const tooLong = 255

func headOf[S ~string](s S) (h head) {
	if copy(h[:], s); len(s) < len(h) {
		h[len(h)-1] = byte(len(s))
	} else {
		h = head{len(h) - 1: tooLong}
	}
	return h
}

// least is how many slots there are at first.
const least = 64

// Find returns the number of a string and true, or false where it was never put. The
// mark serves [Strings.Put], until the next one.
func (x *Strings[S]) Find(s S) (number int32, mark uint32, ok bool) {
	x.begin()
	mark = uint32(maphash.String(x.seed, string(s)))
	number, ok = x.find(s, mark)
	return number, mark, ok
}

func (x *Strings[S]) begin() {
	if x.slots == nil {
		x.slots, x.seed = make([]slot, least), maphash.MakeSeed()
	}
}

func (x *Strings[S]) find(s S, mark uint32) (number int32, ok bool) {
	mask := uint32(len(x.slots) - 1)
	for i, short := mark&mask, headOf(s); ; i = (i + 1) & mask {
		switch at := &x.slots[i]; {
		case at.number == 0:
			return 0, false
		case at.hash == mark && at.head == short && (short[len(short)-1] != tooLong || x.list[at.number-1] == s):
			return int32(at.number - 1), true
		}
	}
}

// Numbers sets to[i] to the number of list[i], and puts what is new. Beside as many calls of Find
// it costs a half where the table is larger than the caches, since it reads the slots of several
// strings at once.
func (x *Strings[S]) Numbers(list []S, to []int32) {
	const block = 64
	x.begin()
	for len(list) > 0 {
		n := min(block, len(list))
		var marks [block]uint32
		mask, near := uint32(len(x.slots)-1), uint32(0)
		for i, s := range list[:n] {
			marks[i] = uint32(maphash.String(x.seed, string(s)))
		}
		for _, mark := range marks[:n] {
			near += x.slots[mark&mask].number
		}
		x.near = near
		for i, s := range list[:n] {
			number, ok := x.find(s, marks[i])
			if !ok {
				number = x.Put(s, marks[i])
			}
			to[i] = number
		}
		list, to = list[n:], to[n:]
	}
}

// Put numbers a string that Find has just not found. There may be up to 2³¹-1.
func (x *Strings[S]) Put(s S, mark uint32) int32 {
	if 4*(len(x.list)+1) > 3*len(x.slots) {
		old := x.slots
		x.slots = make([]slot, 2*len(old))
		for _, at := range old {
			if at.number > 0 {
				x.place(at)
			}
		}
	}
	x.list = append(x.list, s)
	x.place(slot{mark, uint32(len(x.list)), headOf(s)})
	return int32(len(x.list) - 1)
}

func (x *Strings[S]) place(at slot) {
	mask := uint32(len(x.slots) - 1)
	i := at.hash & mask
	for x.slots[i].number != 0 {
		i = (i + 1) & mask
	}
	x.slots[i] = at
}

// All returns the strings by number. They are not to be changed.
func (x *Strings[S]) All() []S { return x.list }

// Len is how many there are.
func (x *Strings[S]) Len() int { return len(x.list) }
