package table_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/table"
)

var spec = table.Spec{Columns: []table.Column{
	{Name: "sku", Aliases: []string{"item", "article no"}}, {Name: "units", Aliases: []string{"qty"}}, {Name: "cost", Optional: true},
}}

// all reads every row as sku=units[/cost].
func all(t require.TestingT, in string, s table.Spec) (string, error) {
	r, err := table.New("in.csv", strings.NewReader(in), s)
	if err != nil {
		return "", err
	}
	var rows []string
	for r.Next() {
		sku, err := r.Text(0)
		if err != nil {
			return "", err
		}
		units, err := r.Number(1)
		if err != nil {
			return "", err
		}
		row := fmt.Sprintf("%s=%g", sku, units)
		if !r.Missing(2) {
			cost, err := r.Number(2)
			if err != nil {
				return "", err
			}
			row += fmt.Sprintf("/%g", cost)
		}
		rows = append(rows, row)
	}
	return strings.Join(rows, " "), r.Err()
}

func utf16Of(text string, big bool, mark bool) string {
	units := utf16.Encode([]rune(text))
	if mark {
		units = append([]uint16{0xfeff}, units...)
	}
	var b strings.Builder
	for _, u := range units {
		if big {
			b.WriteByte(byte(u >> 8))
			b.WriteByte(byte(u))
		} else {
			b.WriteByte(byte(u))
			b.WriteByte(byte(u >> 8))
		}
	}
	return b.String()
}

func zipped(t *testing.T, text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := io.WriteString(z, text)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.String()
}

func TestDialects(t *testing.T) {
	const plain = "sku,units,cost\na,1,2.5\n\"b, c\",2,\n"
	const want = "a=1/2.5 b, c=2"
	with := func(change func(*table.Spec)) table.Spec {
		s := spec
		change(&s)
		return s
	}
	for _, c := range []struct {
		name, in, want string
		spec           table.Spec
	}{
		{"plain", plain, want, spec},
		{"byte order mark", "\ufeff" + plain, want, spec},
		{"CRLF", strings.ReplaceAll(plain, "\n", "\r\n"), want, spec},
		{"CR alone", strings.ReplaceAll(plain, "\n", "\r"), want, spec},
		{"no newline at the end", strings.TrimSuffix(plain, "\n"), want, spec},
		{"gzip", zipped(t, plain), want, spec},
		{"two gzip members", zipped(t, plain[:20]) + zipped(t, plain[20:]), want, spec},
		{"UTF-16LE with its mark", utf16Of(plain, false, true), want, spec},
		{"UTF-16BE with its mark", utf16Of(plain, true, true), want, spec},
		{"UTF-16LE without", utf16Of(plain, false, false), want, spec},
		{"UTF-16BE without", utf16Of(plain, true, false), want, spec},
		{"UTF-16 beyond the plane", utf16Of("sku\tunits\n👟é\t1\n", false, true), "👟é=1", spec},
		{"gzip of UTF-16", zipped(t, utf16Of(plain, false, true)), want, spec},
		{"windows-1252", "sku,units\nCaf\xe9 \x80,1\n", "Café €=1", with(func(s *table.Spec) { s.Encoding = "windows-1252" })},
		{"tabs", "sku\tunits\na, b\t3\n", "a, b=3", spec},
		{"semicolons and decimal comma", "sku;units\na;1,5\nb;1,234\nc;1.234,5\n", "a=1.5 b=1.234 c=1234.5", spec},
		{"semicolons and decimal point", "sku;units\na;1.5\nb;1,234\n", "a=1.5 b=1234", spec},
		{"bars", "sku|units\na|3\n", "a=3", spec},
		{"sep=", "sep=;\r\nsku;units\r\na,b;3\r\n", "a,b=3", spec},
		{"sep= of tabs", "sep=\t\nsku\tunits\na\t3\n", "a=3", spec},
		{"the header decides against the rows", "sku;units\na,x;3\nb,y;4\n", "a,x=3 b,y=4", spec},
		{"aliases, case and blanks", " Article-No ,\tQTY\na,3\n", "a=3", spec},
		{"order and further columns", "x,qty,y,item\n1,3,2,a\n", "a=3", spec},
		{"exact header among alike", "SKU,sku,units\nz,a,3\n", "a=3", spec},
		{"mapped", "part,n\na,3\n", "a=3", with(func(s *table.Spec) { s.Map = map[string]string{"sku": "part", "units": "N"} })},
		{"mapping beats the name", "sku,part,units\nz,a,3\n", "a=3", with(func(s *table.Spec) { s.Map = map[string]string{"sku": "part"} })},
		{"empty rows", "sku,units\n\n,,\n  ,\na,3\n,,,\n", "a=3", spec},
		{"empty cells behind", "sku,units\na,3,,\n", "a=3", spec},
		{"no rows", "sku,units\n", "", spec},
		{"percent and thousands", "sku,units\na,12.5 %\nb,\"1,234,567.5\"\nc,1 234\nd,1'234.5\n", "a=0.125 b=1.2345675e+06 c=1234 d=1234.5", spec},
		{"thousands alone", "sku;units\na;1.234.567\nb;0,5\n", "a=1.234567e+06 b=0.5", spec},
		{"signs and exponents", "sku,units\na,-1.5\nb,+2\nc,1e3\n", "a=-1.5 b=2 c=1000", spec},
		{"line feed within a cell", "sku,units\n\"a\nb\",3\n", "a\nb=3", spec},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := all(t, c.in, c.spec)
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
		})
	}
}

func TestRefusals(t *testing.T) {
	small := spec
	small.MaxBytes = 40
	rows := spec
	rows.MaxRows = 2
	long := spec
	long.MaxRecord = 1000
	mapped := spec
	mapped.Map = map[string]string{"cost": "price"}
	huge := strings.Repeat("x", 200_000)
	for _, c := range []struct {
		name, in     string
		spec         table.Spec
		line, column int
		kind         error
		says         string
	}{
		{"nothing", "", spec, 1, 0, flywheel.ErrInvalid, "empty"},
		{"only a mark", "\ufeff", spec, 1, 0, flywheel.ErrInvalid, "empty"},
		{"no column", "sku,n\na,1\n", spec, 1, 0, flywheel.ErrInvalid, `no units, qty: it has "sku", "n"`},
		{"column twice", "sku,units,units\na,1,2\n", spec, 1, 3, flywheel.ErrInvalid, "twice"},
		{"two aliases", "item,article no,units\na,b,1\n", spec, 1, 2, flywheel.ErrInvalid, "both mean it"},
		{"mapped header is not there", "sku,units\na,1\n", mapped, 1, 0, flywheel.ErrInvalid, "price"},
		{"few cells", "sku,units\na\n", spec, 2, 0, flywheel.ErrInvalid, "1 cells, but the header has 2"},
		{"many cells", "sku,units\na,1,x\n", spec, 2, 0, flywheel.ErrInvalid, "3 cells"},
		{"no number", "sku,units\na,1\nb,x1\n", spec, 3, 2, flywheel.ErrInvalid, `"x1" is no number`},
		{"after a cell of two lines", "sku,units\n\"a\nb\",1\nc,x\n", spec, 4, 2, flywheel.ErrInvalid, ""},
		{"after sep=", "sep=,\nsku,units\na,x\n", spec, 3, 2, flywheel.ErrInvalid, ""},
		{"infinite", "sku,units\na,inf\n", spec, 2, 2, flywheel.ErrInvalid, ""},
		{"not a number", "sku,units\na,NaN\n", spec, 2, 2, flywheel.ErrInvalid, ""},
		{"hexadecimal", "sku,units\na,0x10\n", spec, 2, 2, flywheel.ErrInvalid, ""},
		{"too large", "sku,units\na,1e999\n", spec, 2, 2, flywheel.ErrOutOfRange, ""},
		{"empty cell", "sku,units\n,1\n", spec, 2, 1, flywheel.ErrInvalid, "empty"},
		{"two readings", "sku;units\na;1,234\n", spec, 2, 2, flywheel.ErrInvalid, "-decimal"},
		{"two signs", "sku;units\na;1.5\nb;1,5\n", spec, 3, 2, flywheel.ErrInvalid, "of line 2"},
		{"wrong groups", "sku;units\na;1.23.456\n", spec, 2, 2, flywheel.ErrInvalid, ""},
		{"wrong blanks", "sku;units\na;1 23\n", spec, 2, 2, flywheel.ErrInvalid, ""},
		{"quote within", "sku,units\na\"b,1\n", spec, 2, 0, flywheel.ErrInvalid, ""},
		{"open quote", "sku,units\n\"a,1\nb,2\n", spec, 3, 0, flywheel.ErrInvalid, "begins in line 2"},
		{"not UTF-8", "sku,units\nCaf\xe9,1\n", spec, 2, 1, flywheel.ErrInvalid, "windows-1252"},
		{"half a surrogate", utf16Of("sku,units\na", false, true) + "\x00\xd8,\x001\x00", spec, 1, 0, flywheel.ErrInvalid, "surrogate"},
		{"odd UTF-16", utf16Of("sku,units\n", false, true) + "a", spec, 1, 0, flywheel.ErrInvalid, "odd"},
		{"broken gzip", "\x1f\x8b\x00", spec, 0, 0, flywheel.ErrInvalid, "gzip"},
		{"too many bytes", "sku,units\n" + strings.Repeat("a,1\n", 10), small, 1, 0, flywheel.ErrLimit, "40 bytes"},
		{"too many rows", "sku,units\na,1\nb,1\nc,1\n", rows, 4, 0, flywheel.ErrLimit, "2 rows"},
		{"a long row", "sku,units\na,1\n" + huge + ",1\n", long, 3, 0, flywheel.ErrLimit, "1000 bytes"},
		{"a long header", huge, long, 1, 0, flywheel.ErrLimit, "1000 bytes"},
		{"sep= of nothing", "sep=\nsku,units\n", spec, 1, 0, flywheel.ErrInvalid, "delimiter"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := all(t, c.in, c.spec)
			require.ErrorIs(t, err, c.kind)
			cell, ok := errors.AsType[*table.CellError](err)
			require.True(t, ok, "%T", err)
			assert.Equal(t, [2]int{c.line, c.column}, [2]int{cell.Line, cell.Column}, err.Error())
			assert.Contains(t, err.Error(), c.says)
			assert.True(t, strings.HasPrefix(err.Error(), "in.csv"))
			assert.Less(t, len(err.Error()), 500)
		})
	}
}

// A stream that is longer than allowed is not read to its end.
func TestBoundedBeforeItCosts(t *testing.T) {
	s := spec
	s.MaxBytes = 1 << 20
	endless := &counting{}
	r, err := table.New("in", io.MultiReader(strings.NewReader("sku,units\n"), endless), s)
	require.NoError(t, err)
	for r.Next() {
	}
	require.ErrorIs(t, r.Err(), flywheel.ErrLimit)
	assert.Less(t, endless.n, 2<<20)
}

type counting struct{ n int }

func (c *counting) Read(p []byte) (int, error) {
	n := copy(p, strings.Repeat("a,1\n", len(p)/4+1))
	n -= n % 4
	c.n += n
	return n, nil
}

func TestSpecRefusals(t *testing.T) {
	for name, s := range map[string]table.Spec{
		"column twice":  {Columns: []table.Column{{Name: "a"}, {Name: "a"}}},
		"no name":       {Columns: []table.Column{{}}},
		"unknown field": {Columns: []table.Column{{Name: "a"}}, Map: map[string]string{"b": "x"}},
		"delimiter":     {Delimiter: 'x'},
		"decimal":       {Decimal: 'x'},
		"dates":         {Dates: "ymd"},
		"encoding":      {Encoding: "ebcdic"},
		"bound":         {MaxRows: -1},
	} {
		_, err := table.New("in", strings.NewReader("a\n"), s)
		assert.ErrorIs(t, err, flywheel.ErrInvalid, name)
	}
	s := table.Spec{Columns: []table.Column{{Name: "a", Aliases: []string{"x"}}, {Name: "b", Aliases: []string{"x"}}}}
	_, err := table.New("in", strings.NewReader("x\n1\n"), s)
	assert.ErrorContains(t, err, "already a")
}

func TestTimes(t *testing.T) {
	day := func(y int, m time.Month, d, hour, minute, sec int) time.Time {
		return time.Date(y, m, d, hour, minute, sec, 0, time.UTC)
	}
	read := func(cells string, order table.DateOrder) ([]time.Time, error) {
		r, err := table.New("in", strings.NewReader("at\n"+cells), table.Spec{Columns: []table.Column{{Name: "at"}}, Dates: order, Delimiter: ';'})
		require.NoError(t, err)
		var out []time.Time
		for r.Next() {
			at, err := r.Time(0)
			if err != nil {
				return nil, err
			}
			out = append(out, at.UTC())
		}
		return out, r.Err()
	}
	for cell, want := range map[string]time.Time{
		"2026-02-01":                day(2026, 2, 1, 0, 0, 0),
		"2026-02":                   day(2026, 2, 1, 0, 0, 0),
		"20260201":                  day(2026, 2, 1, 0, 0, 0),
		"2026/2/1":                  day(2026, 2, 1, 0, 0, 0),
		"2026-02-01 13:14":          day(2026, 2, 1, 13, 14, 0),
		"2026-02-01T13:14:15":       day(2026, 2, 1, 13, 14, 15),
		"2026-02-01T13:14:15Z":      day(2026, 2, 1, 13, 14, 15),
		"2026-02-01T13:14:15+02:00": day(2026, 2, 1, 11, 14, 15),
		"2026-02-01 13:14:15+02:00": day(2026, 2, 1, 11, 14, 15),
		"2026-02-01 13:14:15 UTC":   day(2026, 2, 1, 13, 14, 15),
		"1.02.2026":                 day(2026, 2, 1, 0, 0, 0),
		"1.2.2026 13:14":            day(2026, 2, 1, 13, 14, 0),
		"21/2/2026":                 day(2026, 2, 21, 0, 0, 0),
		"2/21/2026 1:05 PM":         day(2026, 2, 21, 13, 5, 0),
		"2/2/2026":                  day(2026, 2, 2, 0, 0, 0),
	} {
		got, err := read(cell+"\n", "")
		require.NoError(t, err, cell)
		assert.Equal(t, []time.Time{want}, got, cell)
	}
	for _, cell := range []string{"2026-13-01", "2026-02-30", "x", "7/10/2020", "1/2", "30/30/2020", "2026-02-01 13:14:15 XYZ", strings.Repeat("2", 100), "12:30"} {
		_, err := read(cell+"\n", "")
		assert.ErrorIs(t, err, flywheel.ErrInvalid, cell)
	}
	got, err := read("7/10/2020\n", table.DayFirst)
	require.NoError(t, err)
	assert.Equal(t, day(2020, 10, 7, 0, 0, 0), got[0])
	got, err = read("13/10/2020\n7/10/2020\n", "")
	require.NoError(t, err)
	assert.Equal(t, day(2020, 10, 7, 0, 0, 0), got[1], "the first row has shown the order")
	_, err = read("13/10/2020\n10/13/2020\n", "")
	assert.ErrorContains(t, err, "of line 2")

	zone := time.FixedZone("", 3600)
	r, err := table.New("in", strings.NewReader("at\n2026-02-01\n"), table.Spec{Columns: []table.Column{{Name: "at"}}, Location: zone})
	require.NoError(t, err)
	require.True(t, r.Next())
	at, err := r.Time(0)
	require.NoError(t, err)
	assert.Equal(t, day(2026, 1, 31, 23, 0, 0), at.UTC())
}

func TestCells(t *testing.T) {
	r, err := table.New("in", strings.NewReader("a,b,c\n 7.0 ,Yes,-\n"), table.Spec{Columns: []table.Column{{Name: "a"}, {Name: "b"}, {Name: "d", Optional: true}}})
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "b", "c"}, r.Header())
	assert.Equal(t, ',', r.Delimiter())
	assert.Equal(t, "in", r.Name())
	require.True(t, r.Next())
	n, err := r.Int(0, 0, 10)
	require.NoError(t, err)
	assert.EqualValues(t, 7, n)
	_, err = r.Int(0, 0, 6)
	assert.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, err = r.NumberBetween(0, 8, 9)
	assert.ErrorIs(t, err, flywheel.ErrOutOfRange)
	yes, err := r.Bool(1)
	require.NoError(t, err)
	assert.True(t, yes)
	_, err = r.Bool(0)
	assert.ErrorIs(t, err, flywheel.ErrInvalid)
	assert.False(t, r.Has(2))
	assert.True(t, r.Missing(2))
	_, err = r.Text(2)
	assert.EqualError(t, err, "in: line 2 (d): the cell is empty: "+flywheel.ErrInvalid.Error())
	k, err := r.Find("C")
	require.NoError(t, err)
	assert.True(t, r.Missing(k))
	_, err = r.Find("zz")
	assert.ErrorIs(t, err, flywheel.ErrInvalid)
	assert.EqualError(t, r.Fail(1, errors.New("odd")), "in: line 2, column 2 (b): odd: "+flywheel.ErrInvalid.Error())
	assert.EqualValues(t, 1, r.Rows())
	assert.False(t, r.Next())
	require.NoError(t, r.Close())
}

func TestFlags(t *testing.T) {
	s := spec
	set := flag.NewFlagSet("x", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	s.Flags(set)
	require.NoError(t, set.Parse([]string{"-map", "sku=part", "-map", "units=how many", "-delimiter", "tab", "-decimal", "comma", "-dates", "dmy", "-encoding", "UTF-8"}))
	got, err := all(t, "part\thow many\na\t1,234\n", s)
	require.NoError(t, err)
	assert.Equal(t, "a=1.234", got)
	for _, args := range [][]string{{"-map", "sku"}, {"-map", "=x"}, {"-delimiter", "x"}, {"-decimal", "x"}, {"-dates", "ymd"}, {"-encoding", "x"}, {"-map", "cost=a", "-map", "cost=b"}} {
		fresh := spec
		set := flag.NewFlagSet("x", flag.ContinueOnError)
		set.SetOutput(io.Discard)
		fresh.Flags(set)
		assert.Error(t, set.Parse(args), args)
	}
}

func TestOpen(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x.csv.gz")
	require.NoError(t, os.WriteFile(name, []byte(zipped(t, "sku,units\na,1\n")), 0o644))
	r, err := table.Open(name, spec)
	require.NoError(t, err)
	require.True(t, r.Next())
	require.NoError(t, r.Close())
	_, err = table.Open(name+"x", spec)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NoError(t, os.WriteFile(name, []byte("x\n"), 0o644))
	_, err = table.Open(name, spec)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
}

// What encoding/csv writes is read back whatever the delimiter and the encoding.
func TestRoundTrip(t *testing.T) {
	cell := rapid.StringOfN(rapid.RuneFrom([]rune("abc ,;\t|\"\né👟.0")), 0, 12, -1)
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, 2, 2), 1, 8).Draw(t, "rows")
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		w.Comma = rapid.SampledFrom([]rune{',', ';', '\t', '|'}).Draw(t, "sign")
		require.NoError(t, w.Write([]string{"sku", "units"}))
		require.NoError(t, w.WriteAll(rows))
		in := b.String()
		switch rapid.IntRange(0, 2).Draw(t, "encoding") {
		case 1:
			in = utf16Of(in, true, true)
		case 2:
			in = utf16Of(in, false, false)
		}
		r, err := table.New("in", strings.NewReader(in), spec)
		require.NoError(t, err)
		for _, row := range rows {
			if strings.TrimSpace(row[0]+row[1]) == "" {
				continue
			}
			require.True(t, r.Next(), "%q: %v", in, r.Err())
			require.Equal(t, strings.TrimSpace(row[0]), r.Raw(0))
			require.Equal(t, strings.TrimSpace(row[1]), r.Raw(1))
		}
		require.False(t, r.Next())
		require.NoError(t, r.Err())
	})
}

func FuzzReader(f *testing.F) {
	for _, seed := range []string{"sku,units\na,1\n", "sep=;\nsku;units\na;1,5\n", utf16Of("sku,units\na,1\n", false, true), "\x1f\x8b", "sku,units\n\"", "a\rb\r"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		s := spec
		s.MaxBytes = 1 << 20
		r, err := table.New("in", bytes.NewReader(in), s)
		for err == nil && r.Next() {
			if _, err := r.Number(1); err != nil && !errors.Is(err, flywheel.ErrInvalid) && !errors.Is(err, flywheel.ErrOutOfRange) {
				t.Fatal(err)
			}
			_, _ = r.Time(0)
			_, _ = r.Int(1, 0, 5)
			err = r.Err()
		}
		if err == nil {
			err = r.Err()
		}
		if _, ok := errors.AsType[*table.CellError](err); err != nil && !ok {
			t.Fatalf("%T %v", err, err)
		}
	})
}

func BenchmarkReader(b *testing.B) {
	var text strings.Builder
	text.WriteString("sku,units,cost\n")
	for i := range 100_000 {
		fmt.Fprintf(&text, "sku-%d,%d,%d.25\n", i%1000, i, i%77)
	}
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		r, err := table.New("in", strings.NewReader(text.String()), spec)
		if err != nil {
			b.Fatal(err)
		}
		sum := 0.0
		for r.Next() {
			v, err := r.Number(1)
			if err != nil {
				b.Fatal(err)
			}
			sum += v
		}
		if r.Err() != nil || sum == 0 {
			b.Fatal(r.Err())
		}
	}
}

func TestWrite(t *testing.T) {
	columns, rows := []string{"kind", "value"}, [][]string{{"=cmd()", "-12.50"}, {"'+x", "3"}, {"é", "-"}}
	var text, csv bytes.Buffer
	require.NoError(t, table.WriteText(&text, columns, rows))
	assert.Equal(t, "  kind     value\n  =cmd()  -12.50\n  '+x          3\n  é            -\n", text.String())
	require.NoError(t, table.WriteCSV(&csv, columns, rows))
	assert.Equal(t, "kind,value\n'=cmd(),-12.50\n''+x,3\né,-\n", csv.String())
}
