package live

import (
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/flywheel-go/flywheel"
)

// codec writes or reads one value after the other; one description of a state
// serves both ways. The first thing wrong with what is read stays in err.
type codec struct {
	write bool
	data  []byte
	err   error

	// In parts texts have numbers of the part's own: where they are written, local has
	// that of the engine's and table the texts; where they are read, numbers the engine's.
	local   map[int64]int64
	table   []any
	numbers []int64
}

var errSnapshot = fmt.Errorf("live: malformed snapshot: %w", flywheel.ErrInvalid)

func (c *codec) fail() {
	if c.err == nil {
		c.err = errSnapshot
	}
}

func (c *codec) unsigned(x *uint64) {
	if c.write {
		c.data = binary.AppendUvarint(c.data, *x)
		return
	}
	v, n := binary.Uvarint(c.data)
	if n <= 0 {
		c.fail()
		c.data = nil
		*x = 0
		return
	}
	*x, c.data = v, c.data[n:]
}

func (c *codec) signed(x *int64) {
	if c.write {
		c.data = binary.AppendVarint(c.data, *x)
		return
	}
	v, n := binary.Varint(c.data)
	if n <= 0 {
		c.fail()
		c.data = nil
		*x = 0
		return
	}
	*x, c.data = v, c.data[n:]
}

func (c *codec) alias(x *uint32) {
	v := uint64(*x)
	c.unsigned(&v)
	if v > nobody {
		c.fail()
	}
	*x = uint32(v)
}

func (c *codec) bool(x *bool) {
	var v uint64
	if *x {
		v = 1
	}
	c.unsigned(&v)
	*x = v == 1
}

func (c *codec) text(x *string) {
	n := c.length(len(*x))
	if c.write {
		c.data = append(c.data, *x...)
		return
	}
	if n > len(c.data) {
		c.fail()
		n = 0
	}
	*x = string(c.data[:n])
	c.data = c.data[n:]
}

// length codes a count; what is read is bounded by what is left to read, as each element
// takes a byte at least.
func (c *codec) length(n int) int {
	v := uint64(n)
	c.unsigned(&v)
	if !c.write && v > uint64(len(c.data)) {
		c.fail()
		return 0
	}
	return int(v)
}

// list codes a slice.
func list[T any](c *codec, s *[]T, element func(*T)) {
	n := c.length(len(*s))
	if !c.write {
		*s = nil
		if n > 0 {
			*s = make([]T, n)
		}
	}
	for i := range *s {
		if c.err != nil {
			return
		}
		element(&(*s)[i])
	}
}

// scalar codes a text, number or truth value.
func (c *codec) scalar(x *any) {
	var src string
	if c.write {
		if k, ok := (*x).(sameKey); ok {
			src = "#" + string(k)
		} else {
			j, _ := json.Marshal(*x)
			src = string(j)
		}
	}
	c.text(&src)
	if c.write || c.err != nil {
		return
	}
	if src != "" && src[0] == '#' {
		*x = sameKey(src[1:])
		return
	}
	if json.Unmarshal([]byte(src), x) != nil {
		c.fail()
	}
	switch (*x).(type) {
	case string, float64, bool:
	default:
		c.fail()
	}
}

// json codes a value by its JSON.
func (c *codec) json(x any) {
	var src string
	if c.write {
		j, err := json.Marshal(x)
		if err != nil {
			c.fail()
		}
		src = string(j)
	}
	c.text(&src)
	if !c.write && c.err == nil && json.Unmarshal([]byte(src), x) != nil {
		c.fail()
	}
}
