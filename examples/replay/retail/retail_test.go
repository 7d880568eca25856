package retail_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/examples/replay/retail"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing/money"
)

const header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"

func read(t testing.TB, text string) *retail.Book {
	t.Helper()
	book, err := retail.Read(strings.NewReader(text), "shop.csv", money.GBP)
	require.NoError(t, err)
	return book
}

// The figures are those of the README beside the file, computed there in
// decimal arithmetic.
func TestReadOnlineRetail(t *testing.T) {
	book, err := retail.ReadFile(testkit.Data(t, "store/online-retail/transactions.csv.gz"), money.GBP)
	require.NoError(t, err)
	assert.Empty(t, book.Unreadable)
	assert.Equal(t, 541_909, book.Rows)

	numbers, customers, codes, countries := map[string]bool{}, map[flywheel.CustomerID]bool{}, map[string]bool{}, map[string]bool{}
	months := map[string]int64{}
	rows, cancelled, adjusted := 0, 0, 0
	var total int64
	for _, in := range book.Invoices {
		number, _, _ := strings.Cut(in.ID, "#")
		numbers[number] = true
		countries[in.Country] = true
		if in.Customer != "" {
			customers[in.Customer] = true
		}
		for _, row := range in.Rows {
			rows++
			codes[row.Code] = true
			total += row.Value
			months[in.Time.Format("2006-01")] += row.Value
			if in.Cancels {
				cancelled++
			}
			if row.Kind == retail.Stock && row.Quantity < 0 {
				adjusted++
			}
		}
	}
	assert.Equal(t, 541_909, rows)
	assert.Len(t, numbers, 25_900)
	assert.Len(t, customers, 4_372)
	assert.Len(t, codes, 4_070)
	assert.Len(t, countries, 38)
	assert.Equal(t, 9_288, cancelled)
	assert.Equal(t, 1_336, adjusted)
	assert.Equal(t, "9747747.934", retail.FormatValue(total))
	want := map[string]string{
		"2010-12": "748957.02", "2011-01": "560000.26", "2011-02": "498062.65", "2011-03": "683267.08",
		"2011-04": "493207.12", "2011-05": "723333.51", "2011-06": "691123.12", "2011-07": "681300.11",
		"2011-08": "682680.51", "2011-09": "1019687.62", "2011-10": "1070704.67", "2011-11": "1461756.25", "2011-12": "433668.01",
	}
	for month, sum := range months {
		// The README rounds to pence; four prices have a third decimal.
		pence := (sum + 5_000) / 10_000
		assert.Equal(t, want[month], fmt.Sprintf("%d.%02d", pence/100, pence%100), month)
	}
	assert.Len(t, months, len(want))
}

func TestReadSaysWhatEachRowIs(t *testing.T) {
	book := read(t, "\ufeff"+header+
		"1,20001,MUG,6,2025-01-01 08:26:00,2.55,17850,United Kingdom\n"+
		"1,POST,POSTAGE,1,2025-01-01 08:26:00,18,17850,United Kingdom\n"+
		"C2,20001,MUG,-2,2025-01-02 09:00:00,2.55,17850,United Kingdom\n"+
		"3,20001,damaged,-5,2025-01-03 09:00:00,0,,United Kingdom\n"+
		"4,20001,found,5,2025-01-03 09:01:00,0,,United Kingdom\n"+
		"5,20001,MUG,1,2025-01-03 09:02:00,0.0,17850,United Kingdom\n"+
		"A6,B,Adjust bad debt,1,2025-01-03 10:00:00,-11062.06,,United Kingdom\n"+
		"7,20001,MUG,1,2025-01-03 11:00:00,0,,United Kingdom\n"+
		"7,gift_0001_20,Voucher,1,2025-01-03 11:00:00,20,,United Kingdom\n")
	require.Empty(t, book.Unreadable)
	var got []string
	for _, in := range book.Invoices {
		for _, row := range in.Rows {
			got = append(got, fmt.Sprintf("%s %s %s", in.ID, row.Kind, retail.FormatValue(row.Value)))
		}
	}
	assert.Equal(t, []string{
		"1 goods 15.30", "1 postage 18.00", "C2 goods -5.10", "3 stock adjustment 0.00", "4 stock adjustment 0.00",
		"5 goods 0.00", "A6 bad debt -11062.06", "7 goods 0.00", "7 gift voucher 20.00",
	}, got)
}

func TestReadGroupsAndOrders(t *testing.T) {
	book := read(t, header+
		"9,A,x,1,2025-01-02 08:00:00,1,1,UK\n"+
		"8,A,x,1,2025-01-01 08:00:00,1,2,UK\n"+
		"9,B,x,1,2025-01-02 08:00:00,1,1,UK\n"+
		"9,B,x,1,2025-01-02 08:00:00,1,3,UK\n")
	var ids []string
	for _, in := range book.Invoices {
		ids = append(ids, fmt.Sprintf("%s/%s/%d", in.ID, in.Customer, len(in.Rows)))
	}
	assert.Equal(t, []string{"8/2/1", "9/1/1", "9#2/1/1", "9#3/3/1"}, ids)
}

func TestReadRefusesFiles(t *testing.T) {
	zip := func(text string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write([]byte(text))
		_ = z.Close()
		return b.String()
	}
	long := header + strings.Repeat("1,A,x,1,2025-01-02 08:00:00,1,1,UK\n", 5000)
	tests := []struct{ name, text, want string }{
		{"empty", "", "shop.csv:1: the file is empty"},
		{"empty gzip", zip(""), "shop.csv:1: the file is empty"},
		{"wrong header", "Invoice,StockCode\n", `shop.csv:1: InvoiceNo: column 1 of the header is "Invoice"`},
		{"short header", "InvoiceNo,StockCode\n", `shop.csv:1: Description: column 3 of the header is ""`},
		{"truncated gzip", zip(long)[:100], "unexpected EOF"},
		{"damaged gzip", zip(long)[:60] + "xxxxxxxxxx" + zip(long)[70:], "shop.csv:"},
		{"gzip of nothing", "\x1f\x8b", "shop.csv: gzip:"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := retail.Read(strings.NewReader(tt.text), "shop.csv", money.GBP)
			require.ErrorIs(t, err, flywheel.ErrInvalid)
			assert.ErrorContains(t, err, tt.want)
		})
	}
	_, err := retail.ReadFile("no-such-file.csv", money.GBP)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestReadListsUnreadableRows(t *testing.T) {
	tests := []struct {
		row, want string
		kind      error
	}{
		{"1,A,x,1,2025-01-02 08:00:00,1", "shop.csv:3: 6 columns, want 8", flywheel.ErrInvalid},
		{"1,A,x,1,2025-01-02 08:00:00,1,1,UK,more", "shop.csv:3: 9 columns, want 8", flywheel.ErrInvalid},
		{"1,A,x\"y,1,2025-01-02 08:00:00,1,1,UK", `shop.csv:3: bare "`, flywheel.ErrInvalid},
		{",A,x,1,2025-01-02 08:00:00,1,1,UK", "shop.csv:3: InvoiceNo: missing", flywheel.ErrInvalid},
		{"1,,x,1,2025-01-02 08:00:00,1,1,UK", "shop.csv:3: StockCode: missing", flywheel.ErrInvalid},
		{"1,A,x,1,2025-01-02 08:00:00,1, 1,UK", "shop.csv:3: CustomerID:", flywheel.ErrInvalid},
		{"1,A,x,NaN,2025-01-02 08:00:00,1,1,UK", `shop.csv:3: Quantity: "NaN"`, flywheel.ErrInvalid},
		{"1,A,x,0,2025-01-02 08:00:00,1,1,UK", "shop.csv:3: Quantity: zero", flywheel.ErrInvalid},
		{"1,A,x,99999999999999999999,2025-01-02 08:00:00,1,1,UK", "shop.csv:3: Quantity:", flywheel.ErrOutOfRange},
		{"1,A,x,1,2025-02-30 08:00:00,1,1,UK", "shop.csv:3: InvoiceDate:", flywheel.ErrInvalid},
		{"1,A,x,1,2025-01-02 08:00:00,NaN,1,UK", "shop.csv:3: UnitPrice:", flywheel.ErrInvalid},
		{"1,A,x,1,2025-01-02 08:00:00,Inf,1,UK", "shop.csv:3: UnitPrice:", flywheel.ErrInvalid},
		{"1,A,x,1,2025-01-02 08:00:00,1e5,1,UK", "shop.csv:3: UnitPrice:", flywheel.ErrInvalid},
		{"1,A,x,1,2025-01-02 08:00:00,99999999999999999999,1,UK", "shop.csv:3: UnitPrice:", flywheel.ErrOutOfRange},
		{"1,A,x,4611686018427387904,2025-01-02 08:00:00,1000,1,UK", "shop.csv:3: UnitPrice: 4611686018427387904 times", flywheel.ErrOutOfRange},
		{"1,A,x,5000000,2025-01-02 08:00:00,1000000,1,UK", "shop.csv:3: UnitPrice: 5000000 times 1000000.00 GBP: the sum", flywheel.ErrOutOfRange},
		{"1,A,x,1,2025-01-02 08:00:00,0.0000001,1,UK", "shop.csv:3: UnitPrice:", flywheel.ErrInvalid},
		{"1,A,x,-1,2025-01-02 08:00:00,1,1,UK", "shop.csv:3: Quantity: -1 is negative outside of a cancellation", flywheel.ErrInvalid},
		{"C1,A,x,1,2025-01-02 08:00:00,1,1,UK", "shop.csv:3: Quantity: 1 is positive in a cancellation", flywheel.ErrInvalid},
		{"1,A,x,1,2025-01-02 08:00:00,-1,1,UK", "shop.csv:3: Quantity: a negative price for goods", flywheel.ErrInvalid},
	}
	good := "1,A,x,1,2025-01-02 08:00:00,1,1,UK\n"
	for _, tt := range tests {
		t.Run(tt.row, func(t *testing.T) {
			book := read(t, header+good+tt.row+"\n"+good)
			require.Len(t, book.Unreadable, 1)
			assert.ErrorContains(t, book.Unreadable[0], tt.want)
			assert.ErrorIs(t, book.Unreadable[0], tt.kind)
			assert.Equal(t, 2, book.Rows, "the rows around it are read")
		})
	}
}

func TestMatchReturns(t *testing.T) {
	book := read(t, header+
		"1,A,x,6,2025-01-01 08:00:00,2.50,7,UK\n"+
		"2,A,x,4,2025-01-02 08:00:00,2.5,7,UK\n"+
		"3,A,x,9,2025-01-03 08:00:00,2.50,8,UK\n"+
		"4,A,x,9,2025-01-03 09:00:00,2.50,,UK\n"+
		"C5,A,x,-8,2025-01-04 08:00:00,2.50,7,UK\n"+ // 6 of order 1, 2 of order 2
		"C6,A,x,-5,2025-01-05 08:00:00,2.50,7,UK\n"+ // the 2 that are left, 3 find nothing
		"C7,A,x,-1,2025-01-06 08:00:00,2.49,8,UK\n"+ // another price
		"C8,A,x,-1,2025-01-06 09:00:00,2.50,,UK\n"+ // nobody's
		"9,A,x,9,2025-01-07 08:00:00,2.50,7,UK\n") // too late
	assert.Equal(t, map[int][]retail.Match{
		4: {{Row: 0, Invoice: 0, Line: 2, Quantity: 6}, {Row: 0, Invoice: 1, Line: 3, Quantity: 2}},
		5: {{Row: 0, Invoice: 1, Line: 3, Quantity: 2}},
	}, retail.MatchReturns(book.Invoices))
}

// Never is more taken back than was sold, nor more matched than cancelled.
func TestMatchReturnsNeverExceeds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var text strings.Builder
		text.WriteString(header)
		for i := range rapid.IntRange(1, 40).Draw(t, "rows") {
			sign := rapid.SampledFrom([]string{"", "-"}).Draw(t, "sign")
			fmt.Fprintf(&text, "%s%d,%s,x,%s%d,2025-01-01 08:%02d:00,%d,%d,UK\n", map[string]string{"": "", "-": "C"}[sign], i,
				rapid.SampledFrom([]string{"A", "B"}).Draw(t, "code"), sign, rapid.IntRange(1, 5).Draw(t, "quantity"), i,
				rapid.IntRange(1, 2).Draw(t, "price"), rapid.IntRange(1, 2).Draw(t, "customer"))
		}
		book, err := retail.Read(strings.NewReader(text.String()), "x", money.GBP)
		require.NoError(t, err)
		sold := map[int32]int64{}
		for _, in := range book.Invoices {
			for _, row := range in.Rows {
				sold[row.Line] = row.Quantity
			}
		}
		taken := map[int32]int64{}
		for i, matches := range retail.MatchReturns(book.Invoices) {
			matched := map[int]int64{}
			for _, m := range matches {
				if m.Invoice >= i || m.Quantity <= 0 {
					t.Fatalf("%+v in invoice %d", m, i)
				}
				taken[m.Line] += m.Quantity
				matched[m.Row] += m.Quantity
			}
			for row, n := range matched {
				if n > -book.Invoices[i].Rows[row].Quantity {
					t.Fatalf("row %d of invoice %d: %d matched", row, i, n)
				}
			}
		}
		for line, n := range taken {
			if n > sold[line] {
				t.Fatalf("line %d: %d taken back", line, n)
			}
		}
	})
}

func TestSynthesize(t *testing.T) {
	write := func(seed uint64) []byte {
		var b bytes.Buffer
		require.NoError(t, retail.Synthesize(&b, retail.Shop{}, seed))
		return b.Bytes()
	}
	one := write(1)
	assert.Equal(t, one, write(1), "the same seed writes the same bytes")
	assert.NotEqual(t, one, write(2))

	book := read(t, string(one))
	assert.Empty(t, book.Unreadable)
	kinds := map[retail.Kind]int{}
	anonymous := 0
	for _, in := range book.Invoices {
		for _, row := range in.Rows {
			kinds[row.Kind]++
		}
		if in.Customer == "" {
			anonymous++
		}
	}
	for _, k := range []retail.Kind{retail.Goods, retail.Postage, retail.Fee, retail.BadDebt, retail.Stock} {
		assert.Positive(t, kinds[k], "%s", k)
	}
	assert.Positive(t, anonymous)
	matches := retail.MatchReturns(book.Invoices)
	assert.Greater(t, len(matches), 50)
	t.Logf("%d rows, %d invoices, %d cancellations matched", book.Rows, len(book.Invoices), len(matches))
}

func TestFormatValue(t *testing.T) {
	for v, want := range map[int64]string{
		0: "0.00", 1: "0.000001", -1: "-0.000001", 1_500_000: "1.50", -12_340_000: "-12.34", 9_747_747_934_000: "9747747.934",
		-1 << 63: "-9223372036854.775808",
	} {
		assert.Equal(t, want, retail.FormatValue(v))
	}
}

func FuzzRead(f *testing.F) {
	f.Add(header + "1,A,x,1,2025-01-02 08:00:00,1.255,1,UK\n")
	f.Add(header + "C1,A,\"x\ny\",-1,2025-01-02 08:00:00,1,,UK\nA,B,,1,2025-01-02 08:00:00,-5,,\n")
	f.Add("\x1f\x8b\x08")
	f.Fuzz(func(t *testing.T, text string) {
		book, err := retail.Read(strings.NewReader(text), "fuzz.csv", money.GBP)
		if err != nil {
			return
		}
		n := 0
		for _, in := range book.Invoices {
			n += len(in.Rows)
		}
		if n != book.Rows {
			t.Fatalf("%d rows in invoices, %d read", n, book.Rows)
		}
		retail.MatchReturns(book.Invoices)
	})
}

func BenchmarkRead(b *testing.B) {
	var text bytes.Buffer
	require.NoError(b, retail.Synthesize(&text, retail.Shop{}, 1))
	rows := 0
	b.ReportAllocs()
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		book, err := retail.Read(bytes.NewReader(text.Bytes()), "x", money.GBP)
		if err != nil {
			b.Fatal(err)
		}
		rows += book.Rows
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}
