package search

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"slices"
	"unsafe"

	"github.com/flywheel-go/flywheel"
)

// A snapshot file is a header of 32 bytes (mark, version, checksum, length), then
// blocks, each at a multiple of 8 bytes and in little endian, then a directory of
// the blocks as JSON. Blocks are used where they lie, so that opening costs the
// checksum and the directory.

const (
	fileMark    = "FLYSRCH\x01"
	fileVersion = 2
	headerSize  = 32
)

// ErrCorrupt reports snapshot data that is cut, damaged or of another make.
var ErrCorrupt = fmt.Errorf("search: snapshot is damaged: %w", flywheel.ErrInvalid)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// block is where an array lies: offset in bytes, number of elements.
type block [2]uint64

type fileIndex struct {
	Stored json.RawMessage `json:"stored"`
	Parts  []filePart      `json:"parts"`
}

// stored is what of the settings decides what is stored.
type storedSettings struct {
	Locales   []Locale
	Fields    []string
	Exact     []string
	Analysis  Analysis
	Pinyin    bool
	Separator string
	Roles     Roles
}

func (s *Settings) storedForm() storedSettings {
	out := storedSettings{Locales: s.Locales, Exact: s.Exact, Analysis: s.Analysis, Pinyin: s.Pinyin, Separator: s.Separator, Roles: s.Roles}
	for _, f := range s.Fields {
		out.Fields = append(out.Fields, f.Name)
	}
	return out
}

type fileStrs struct{ Data, Off, Hash block }

type filePart struct {
	N, Recs, Live int
	IDs, SKUs     fileStrs
	RecAt, RecDoc block
	Ends, Alive   block
	Texts         []fileText
	Cols          []fileColumn
}

type fileText struct {
	Fields                                int
	Terms, Stems                          fileStrs
	Sigs, Tails, StemOf, StemAt, StemList block
	DF, StemDF, PostAt, Post, Sets        block
	Lens, FwdAt, Fwd, ByRank, Rank        block
	Total                                 block
	DeadDF, DeadStemDF, DeadTotal         block
}

type fileColumn struct {
	Name              string
	PerDoc            bool
	Nums, Bools       block
	Texts             fileStrs
	Codes, Raw, ByDoc *fileCodes
}

type fileCodes struct {
	N                int
	List             bool // units have lists
	Width            int
	At, C8, C16, C32 block
}

// fileWriter collects blocks behind the header.
type fileWriter struct{ b []byte }

func (w *fileWriter) align() {
	for len(w.b)%8 != 0 {
		w.b = append(w.b, 0)
	}
}

func put[T uint8 | uint16 | uint32 | uint64](w *fileWriter, list []T) block {
	w.align()
	at := block{uint64(len(w.b)), uint64(len(list))}
	switch l := any(list).(type) {
	case []uint8:
		w.b = append(w.b, l...)
	case []uint16:
		for _, v := range l {
			w.b = binary.LittleEndian.AppendUint16(w.b, v)
		}
	case []uint32:
		for _, v := range l {
			w.b = binary.LittleEndian.AppendUint32(w.b, v)
		}
	case []uint64:
		for _, v := range l {
			w.b = binary.LittleEndian.AppendUint64(w.b, v)
		}
	}
	return at
}

func (w *fileWriter) strs(s *strs) fileStrs {
	return fileStrs{put(w, s.data), put(w, s.off), put(w, s.hash)}
}

func (w *fileWriter) codes(c *codes) *fileCodes {
	f := &fileCodes{N: c.n, List: c.at != nil, At: put(w, c.at), C8: put(w, c.c8), C16: put(w, c.c16), C32: put(w, c.c32)}
	switch {
	case c.c8 != nil:
		f.Width = 1
	case c.c16 != nil:
		f.Width = 2
	default:
		f.Width = 4
	}
	return f
}

// AppendTo appends the snapshot to dst, in the form that [Open] reads. Its size is
// about Snapshot.Bytes.
func (v *Snapshot) AppendTo(dst []byte) ([]byte, error) {
	w := &fileWriter{b: make([]byte, headerSize, headerSize+v.Bytes()+v.Bytes()/16)}
	var index fileIndex
	var err error
	if index.Stored, err = json.Marshal(v.c.storedForm()); err != nil {
		return dst, fmt.Errorf("search: %w", err)
	}
	for i := range v.parts {
		index.Parts = append(index.Parts, w.part(&v.parts[i]))
	}
	directory, err := json.Marshal(index)
	if err != nil {
		return dst, fmt.Errorf("search: %w", err)
	}
	w.align()
	at := len(w.b)
	w.b = append(w.b, directory...)
	copy(w.b, fileMark)
	binary.LittleEndian.PutUint32(w.b[8:], fileVersion)
	binary.LittleEndian.PutUint32(w.b[12:], crc32.Checksum(w.b[headerSize:], castagnoli))
	binary.LittleEndian.PutUint64(w.b[16:], uint64(at))
	binary.LittleEndian.PutUint64(w.b[24:], uint64(len(w.b)))
	return append(dst, w.b...), nil
}

func (w *fileWriter) part(p *part) filePart {
	s := p.seg
	out := filePart{
		N: s.n, Recs: s.recs, Live: p.live, IDs: w.strs(&s.ids), SKUs: w.strs(&s.skus), RecAt: put(w, s.recAt), RecDoc: put(w, s.recDoc),
		Ends: put(w, s.ends), Alive: put(w, p.alive),
	}
	for i, t := range s.texts {
		f := fileText{
			Fields: t.fields, Terms: w.strs(&t.terms), Stems: w.strs(&t.stems), Sigs: put(w, t.sigs), Tails: put(w, t.tails), StemOf: put(w, t.stemOf),
			StemAt: put(w, t.stemAt), StemList: put(w, t.stemList), DF: put(w, t.df), StemDF: put(w, t.stemDF), PostAt: put(w, t.postAt),
			Post: put(w, t.post), Sets: put(w, t.sets), Lens: put(w, t.lens), FwdAt: put(w, t.fwdAt), Fwd: put(w, t.fwd), ByRank: put(w, t.byRank),
			Rank: put(w, t.rank), Total: put(w, t.total),
		}
		if p.dead != nil {
			f.DeadDF, f.DeadStemDF, f.DeadTotal = put(w, p.dead[i].df), put(w, p.dead[i].stemDF), put(w, p.dead[i].total)
		}
		out.Texts = append(out.Texts, f)
	}
	for _, name := range s.names {
		c := s.cols[name]
		nums := make([]uint64, len(c.nums))
		for i, n := range c.nums {
			nums[i] = math.Float64bits(n)
		}
		bools := make([]uint8, len(c.bools))
		for i, b := range c.bools {
			if b {
				bools[i] = 1
			}
		}
		f := fileColumn{Name: name, PerDoc: c.perDoc, Nums: put(w, nums), Bools: put(w, bools), Texts: w.strs(&c.texts), Codes: w.codes(&c.codes)}
		if !c.perDoc {
			f.ByDoc = w.codes(&c.byDoc)
		}
		if c.separate() {
			f.Raw = w.codes(&c.raw)
		}
		out.Cols = append(out.Cols, f)
	}
	return out
}

// fileReader gives out blocks where they lie.
type fileReader struct {
	b      []byte
	native bool // the machine is little endian and b lies at a multiple of 8
	err    error
}

func (r *fileReader) fail() { r.err = ErrCorrupt }

func get[T uint8 | uint16 | uint32 | uint64](r *fileReader, at block) []T {
	var zero T
	size := uint64(unsafe.Sizeof(zero))
	if at[1] == 0 {
		return nil
	}
	if at[0]%8 != 0 || at[0] > uint64(len(r.b)) || at[1] > (uint64(len(r.b))-at[0])/size {
		r.fail()
		return nil
	}
	from := r.b[at[0] : at[0]+at[1]*size]
	if r.native {
		return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(from))), at[1])
	}
	out := make([]T, at[1])
	for i := range out {
		for j := range size {
			out[i] |= T(from[uint64(i)*size+j]) << (8 * j)
		}
	}
	return out
}

func (r *fileReader) strs(f fileStrs, n int) strs {
	s := strs{data: get[uint8](r, f.Data), off: get[uint32](r, f.Off), hash: get[uint32](r, f.Hash)}
	if n >= 0 && s.len() != n || len(s.off) > 0 && !ascending(s.off, len(s.data)) {
		r.fail()
	}
	if size := len(s.hash); size > 0 && (size&(size-1) != 0 || size < 2*s.len() || int(slices.Max(s.hash)) > s.len()) {
		r.fail()
	}
	return s
}

// ascending reports whether offsets begin at 0, never fall and end at the size.
func ascending(off []uint32, size int) bool {
	if len(off) == 0 || off[0] != 0 || int(off[len(off)-1]) != size {
		return false
	}
	for i := 1; i < len(off); i++ {
		if off[i] < off[i-1] {
			return false
		}
	}
	return true
}

func (r *fileReader) codes(f *fileCodes, units, card int) codes {
	c := codes{n: f.N, at: get[uint32](r, f.At), c8: get[uint8](r, f.C8), c16: get[uint16](r, f.C16), c32: get[uint32](r, f.C32)}
	length := max(len(c.c8), len(c.c16), len(c.c32))
	switch f.Width { // empty arrays keep their width
	case 1:
		c.c8 = nonNil(c.c8)
	case 2:
		c.c16 = nonNil(c.c16)
	case 4:
		c.c32 = nonNil(c.c32)
	default:
		r.fail()
	}
	if f.N != units || !f.List && length != units || f.List && (len(c.at) != units+1 || !ascending(c.at, length)) {
		r.fail()
		return codes{}
	}
	most := uint32(0)
	switch {
	case len(c.c8) > 0:
		most = uint32(slices.Max(c.c8))
	case len(c.c16) > 0:
		most = uint32(slices.Max(c.c16))
	case len(c.c32) > 0:
		most = slices.Max(c.c32)
	}
	if int(most) > card {
		r.fail()
	}
	return c
}

func nonNil[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// Open returns the index of a snapshot that [Snapshot.AppendTo] wrote. The data is
// used where it lies and must not change as long as the index, its snapshots or their
// results are in use. Settings must store what those of the snapshot did, else the
// error matches flywheel.ErrConflict; data that is damaged is [ErrCorrupt].
// Opening costs a checksum of the data. It guards against damage, not against
// malice: open what a program of yours wrote.
func Open(data []byte, s Settings) (*Index, error) {
	c, err := compile(s)
	if err != nil {
		return nil, err
	}
	if len(data) < headerSize || string(data[:8]) != fileMark || binary.LittleEndian.Uint32(data[8:]) != fileVersion ||
		binary.LittleEndian.Uint64(data[24:]) != uint64(len(data)) {
		return nil, ErrCorrupt
	}
	at := binary.LittleEndian.Uint64(data[16:])
	if at < headerSize || at > uint64(len(data)) || crc32.Checksum(data[headerSize:], castagnoli) != binary.LittleEndian.Uint32(data[12:]) {
		return nil, ErrCorrupt
	}
	var index fileIndex
	if err := json.Unmarshal(data[at:], &index); err != nil {
		return nil, ErrCorrupt
	}
	stored, err := json.Marshal(c.storedForm())
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	if string(stored) != string(index.Stored) {
		return nil, fmt.Errorf("search: the snapshot stores something else: %w", flywheel.ErrConflict)
	}
	one := uint16(1)
	little := *(*byte)(unsafe.Pointer(&one)) == 1
	r := &fileReader{b: data[:at], native: little && uintptr(unsafe.Pointer(unsafe.SliceData(data)))%8 == 0}
	var parts []part
	for i := range index.Parts {
		parts = append(parts, r.part(&index.Parts[i], c))
		if r.err != nil {
			return nil, r.err
		}
	}
	x := new(Index)
	x.snap.Store(newSnapshot(c, parts))
	return x, nil
}

// OpenFile is [Open] of a file, which is mapped into memory where the system can do
// that, else read. The mapping stays until the process ends.
func OpenFile(name string, s Settings) (*Index, error) {
	data, err := mapped(name)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	return Open(data, s)
}

// WriteFile writes a snapshot for [OpenFile], under a name of its own first, so that
// a reader never sees half of it.
func (v *Snapshot) WriteFile(name string) error {
	data, err := v.AppendTo(nil)
	if err != nil {
		return err
	}
	beside := name + ".new"
	if err := os.WriteFile(beside, data, 0o644); err != nil {
		return fmt.Errorf("search: %w", err)
	}
	if err := os.Rename(beside, name); err != nil {
		return fmt.Errorf("search: %w", err)
	}
	return nil
}

func (r *fileReader) part(f *filePart, c *config) part {
	s := &segment{
		n: f.N, recs: f.Recs, ids: r.strs(f.IDs, f.N), skus: r.strs(f.SKUs, f.Recs), recAt: get[uint32](r, f.RecAt),
		recDoc: get[uint32](r, f.RecDoc), ends: get[uint64](r, f.Ends), cols: map[string]*column{},
	}
	p := part{seg: s, alive: get[uint64](r, f.Alive), live: f.Live}
	words := func(n int) int { return (n + 63) / 64 }
	if r.err != nil || s.recAt == nil && f.N != f.Recs || s.recAt != nil && (len(s.recAt) != f.N+1 || !ascending(s.recAt, f.Recs) ||
		len(s.recDoc) != f.Recs || len(s.ends) != words(f.Recs)) || p.alive != nil && len(p.alive) != words(f.N) || len(f.Texts) != len(c.Locales) {
		r.fail()
		return p
	}
	if len(s.recDoc) > 0 && int(slices.Max(s.recDoc)) >= f.N {
		r.fail()
		return p
	}
	for i := range f.Texts {
		t := &f.Texts[i]
		x := r.text(t, f.N)
		if r.err != nil || x.fields != len(c.Fields)+1 {
			r.fail()
			return p
		}
		s.texts = append(s.texts, x)
		if p.alive == nil {
			continue
		}
		d := deadCounts{get[uint32](r, t.DeadDF), get[uint32](r, t.DeadStemDF), get[uint64](r, t.DeadTotal)}
		if len(d.df) != x.terms.len() || len(d.stemDF) != x.stems.len() || len(d.total) != x.fields {
			r.fail()
		}
		p.dead = append(p.dead, d)
	}
	for i := range f.Cols {
		col := r.column(&f.Cols[i], s)
		if r.err != nil {
			return p
		}
		s.names = append(s.names, col.name)
		s.cols[col.name] = col
	}
	return p
}

func (r *fileReader) text(f *fileText, docs int) *textIndex {
	t := &textIndex{
		fields: f.Fields, terms: r.strs(f.Terms, -1), stems: r.strs(f.Stems, -1), sigs: get[uint64](r, f.Sigs), tails: get[uint64](r, f.Tails), stemOf: get[uint32](r, f.StemOf),
		stemAt: get[uint32](r, f.StemAt), stemList: get[uint32](r, f.StemList), df: get[uint32](r, f.DF), stemDF: get[uint32](r, f.StemDF),
		postAt: get[uint32](r, f.PostAt), post: get[uint8](r, f.Post), sets: get[uint64](r, f.Sets), lens: get[uint16](r, f.Lens), fwdAt: get[uint32](r, f.FwdAt),
		fwd: get[uint16](r, f.Fwd), byRank: get[uint32](r, f.ByRank), rank: get[uint32](r, f.Rank), total: get[uint64](r, f.Total),
	}
	n := t.terms.len()
	for _, tail := range t.tails {
		if int(uint32(tail)) >= n {
			r.fail()
			return t
		}
	}
	if len(t.sigs) != n || len(t.stemOf) != n || len(t.stemList) != n || len(t.df) != n || len(t.byRank) != n || len(t.rank) != n ||
		len(t.stemDF) != t.stems.len() || len(t.total) != t.fields || len(t.lens) != docs*t.fields || !ascending(t.postAt, len(t.post)) ||
		len(t.postAt) != n+1 || !ascending(t.fwdAt, len(t.fwd)) || len(t.fwdAt) != docs+1 || len(t.stemAt) != t.stems.len()+1 || !ascending(t.stemAt, n) {
		r.fail()
		return t
	}
	if n > 0 && int(max(slices.Max(t.byRank), slices.Max(t.rank), slices.Max(t.stemList))) >= n || n > 0 && int(slices.Max(t.stemOf)) >= t.stems.len() {
		r.fail()
	}
	return t
}

func (r *fileReader) column(f *fileColumn, s *segment) *column {
	c := &column{name: f.Name, perDoc: f.PerDoc, texts: r.strs(f.Texts, -1)}
	for _, n := range get[uint64](r, f.Nums) {
		c.nums = append(c.nums, math.Float64frombits(n))
	}
	for _, b := range get[uint8](r, f.Bools) {
		c.bools = append(c.bools, b == 1)
	}
	units := s.recs
	if c.perDoc {
		units = s.n
	}
	if f.Codes == nil || !c.perDoc && f.ByDoc == nil {
		r.fail()
		return c
	}
	c.codes = r.codes(f.Codes, units, c.card())
	c.raw, c.byDoc = c.codes, c.codes
	if f.Raw != nil {
		c.raw = r.codes(f.Raw, units, c.card())
	}
	if !c.perDoc {
		c.byDoc = r.codes(f.ByDoc, s.n, c.card())
	}
	return c
}
