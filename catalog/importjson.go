package catalog

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/strictjson"
)

// maxLine bounds one product of a JSON file.
const maxLine = 64 << 20

// importJSON puts the product of each line by its ID.
func (s *Service) importJSON(ctx context.Context, data []byte, in Import, report *ImportReport) error {
	im := &importer{s: s, in: in, report: report, cols: map[string]int{}, told: map[place]bool{}}
	var products []Product
	for n, line := 1, []byte(nil); len(data) > 0; n++ {
		line, data, _ = bytes.Cut(data, []byte("\n"))
		if line = bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\ufeff"))); len(line) == 0 {
			continue
		}
		report.Rows++
		var p Product
		item := &imported{rows: []record{{line: n}}}
		if err := strictjson.Decode(line, &p, &strictjson.Limits{Bytes: maxLine, CaseSensitive: true}); err != nil {
			im.fail(item, n, -1, "", err)
		} else if p.ID == "" {
			im.fail(item, n, -1, "", fmt.Errorf("no id: %w", flywheel.ErrInvalid))
		}
		item.key = string(p.ID)
		im.products, products = append(im.products, item), append(products, p)
	}
	all := func(ctx context.Context) error {
		for from := 0; from < len(products); from += batchSize {
			to := min(from+batchSize, len(products))
			if err := im.putAll(ctx, im.products[from:to], products[from:to]); err != nil {
				return err
			}
			if in.Progress != nil {
				in.Progress(to, len(products))
			}
		}
		if in.Atomic && len(report.Errors) > 0 {
			return errNotKept
		}
		return nil
	}
	err := im.together(ctx, all)
	im.finish()
	return err
}

// putAll puts products, and those that are refused not.
func (im *importer) putAll(ctx context.Context, items []*imported, products []Product) error {
	return im.kept(im.s.change(ctx, func(ctx context.Context) error {
		for {
			var list []Product
			var which []*imported
			for i, item := range items {
				if !item.failed {
					list, which = append(list, products[i].Clone()), append(which, item)
				}
			}
			again, err := im.putListed(ctx, which, list)
			if err != nil {
				return err
			}
			if !again {
				break
			}
		}
		if im.in.DryRun {
			return errNotKept
		}
		return nil
	}))
}

// exportJSON writes a product as JSON on each line.
func (s *Service) exportJSON(ctx context.Context, w io.Writer, ex Export) error {
	return s.eachProduct(ctx, ex.Products, func(p *shelved, _ map[flywheel.SKU]Offer) error {
		product := assemble(p.head, p.rows)
		data, err := json.Marshal(product)
		if err == nil {
			_, err = w.Write(slices.Concat(data, []byte("\n")))
		}
		if err != nil {
			return fmt.Errorf("catalog: export: product %q: %w", product.ID, err)
		}
		return nil
	}, nil)
}
